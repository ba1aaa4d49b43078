/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "lib/state.h"
#include "slots.h"
#include "tests/fault/sim.h"

static struct state state;
static struct error e;

static struct slots
full(void)
{
	struct slots slots;

	slot_init(&slots);
	slots.slot[0] =
		(struct slot){.state = SLOT_GOOD, .image = image_of(1, 1ull << 40, 5)};
	slots.slot[1] = (struct slot){.state = SLOT_TRYING,
		.image = image_of(2, 1ull << 41, 7),
		.tries = 3,
		.way = TRIAL_KEXEC,
		.cold_next = true,
		.jumped = true};
	slots.chosen = 0;
	slots.refused_count = SLOT_REFUSED;
	for (uint8_t i = 0; i < SLOT_REFUSED; i++)
		memset(slots.refused[i], 0x80 + i, SLOT_HASH);
	slots.floor = 5;
	slots.clock = 1800000000;
	return slots;
}

static void
test_state_comes_back_whole_and_at_no_other_length(void **unused)
{
	struct slots slots = full(), got;
	uint8_t bytes[RECORD_PAYLOAD];
	size_t size = state_pack(bytes, &slots);

	(void)unused;
	assert_true(state_unpack(&got, bytes, size));
	assert_memory_equal(&got, &slots, sizeof(got));
	for (size_t i = 0; i < size; i++)
		assert_false(state_unpack(&got, bytes, i));
	assert_false(state_unpack(&got, bytes, size + 1));
	/* Such a state nobody makes. */
	slots.floor = slots.slot[0].image.version + 1;
	size = state_pack(bytes, &slots);
	assert_false(state_unpack(&got, bytes, size));
}

/* Whatever a byte is changed to: the same bytes come back of what is taken. */
static void
test_state_has_one_encoding(void **unused)
{
	struct slots slots = full(), got;
	uint8_t bytes[RECORD_PAYLOAD], again[RECORD_PAYLOAD];
	size_t size = state_pack(bytes, &slots), taken = 0;

	(void)unused;
	for (size_t i = 0; i < size; i++)
		for (unsigned flip = 1; flip < 256; flip++) {
			bytes[i] ^= (uint8_t)flip;
			if (state_unpack(&got, bytes, size)) {
				assert_int_equal(state_pack(again, &got), size);
				assert_memory_equal(again, bytes, size);
				taken++;
			}
			bytes[i] ^= (uint8_t)flip;
		}
	assert_true(taken > 1000); /* hashes and numbers, but no state or flag */
}

static void
test_state_step_is_durable_and_refusals_write_nothing(void **unused)
{
	struct sim sim;
	struct block *block;
	struct slot_input input = {
		.event = SLOT_ADOPT, .slot = 1, .image = image_of(3, 2, 1)};
	enum slot_refusal refusal;
	uint64_t ticks;

	(void)unused;
	sim_init(&sim);
	block = sim_add(&sim, "state", 2 * 4096);
	assert_int_equal(state_open(&state, block, 4096, 2, &e), -ENODATA);
	assert_int_equal(state.slots.chosen, SLOT_NONE);
	assert_int_equal(state_step(&state, &input, &refusal, &e), 0);
	assert_int_equal(refusal, SLOT_OK);
	sim_power_on(&sim);
	assert_int_equal(state_open(&state, block, 4096, 2, &e), 0);
	assert_int_equal(state.slots.chosen, 1);
	ticks = sim.tick;
	assert_int_equal(state_step(&state, &input, &refusal, &e), 0);
	assert_int_equal(refusal, SLOT_WRONG_STATE);
	assert_true(sim.tick == ticks);
	sim.fail_at = sim.tick;
	sim.fail_with = -EIO;
	input.slot = 0;
	input.lost = true;
	input.image = image_of(4, 2, 1);
	assert_int_equal(state_step(&state, &input, &refusal, &e), -EIO);
	assert_int_equal(state.slots.chosen, 1);
	sim_free(&sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_comes_back_whole_and_at_no_other_length),
		cmocka_unit_test(test_state_has_one_encoding),
		cmocka_unit_test(test_state_step_is_durable_and_refusals_write_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
