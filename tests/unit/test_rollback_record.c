/* SPDX-License-Identifier: ISC */
/* The state's copies under damage, errors and power cuts. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <xxhash.h>

#include "lib/error.h"
#include "lib/record.h"
#include "tests/fault/sim.h"

#define UNIT	  8192
#define PUT_TICKS (2 + 8 + 2 + 1) /* a flush, 8 sectors, a flush, the read-back */

static struct sim sim, spare;
static struct record record;
static struct error e;

static int
open_record(struct sim *machine)
{
	return record_open(&record, &machine->device[0].block, UNIT, 2, 1, &e);
}

static int
put(const char *text)
{
	return record_put(&record, text, strlen(text), &e);
}

static bool
holds(const char *text)
{
	return record.found && record.size == strlen(text) &&
	       memcmp(record_payload(&record), text, record.size) == 0;
}

/* "one", then "two" above it, "one" still being the other copy. */
static void
make_pair(struct sim *machine)
{
	sim_init(machine);
	sim_add(machine, "state", 2 * UNIT);
	assert_int_equal(open_record(machine), -ENODATA);
	assert_int_equal(put("one"), 0);
	assert_int_equal(put("two"), 0);
	assert_int_equal(open_record(machine), 0);
	assert_true(holds("two"));
	assert_int_equal(record.newest, 1);
}

static int
set_up(void **state)
{
	(void)state;
	make_pair(&spare);
	make_pair(&sim);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	sim_free(&sim);
	sim_free(&spare);
	return 0;
}

static void
test_record_every_bit_of_the_newest_counts(void **state)
{
	uint8_t *copy = sim.device[0].medium + UNIT;

	(void)state;
	for (size_t bit = 0; bit < (size_t)RECORD_SIZE * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(open_record(&sim), 0);
		assert_true(holds("one"));
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(open_record(&sim), 0);
	assert_true(holds("two"));
}

static void
test_record_truncated_and_blank_copies_are_broken(void **state)
{
	uint8_t *copy = sim.device[0].medium + UNIT;
	uint8_t whole[RECORD_SIZE];

	(void)state;
	memcpy(whole, copy, sizeof(whole));
	for (int fill = 0; fill <= 0xff; fill += 0xff)
		for (size_t kept = 0; kept < RECORD_SIZE; kept++) {
			memset(copy, fill, RECORD_SIZE);
			memcpy(copy, whole, kept);
			/* Zeros stand before the hash, too. */
			if (memcmp(copy, whole, sizeof(whole)) == 0)
				continue;
			assert_int_equal(open_record(&sim), 0);
			assert_true(holds("one"));
		}
	memset(sim.device[0].medium, 0xff, 2 * UNIT);
	assert_int_equal(open_record(&sim), -ENODATA);
	assert_string_equal(e.text, "state: no copy of the state is whole");
	assert_int_equal(put("new"), 0);
	assert_int_equal(open_record(&sim), 0);
	assert_true(holds("new"));
}

static void
test_record_sequence_wraps_and_equal_ones_are_settled(void **state)
{
	char text[] = "0";

	(void)state;
	record.sequence[record.newest] = UINT64_MAX - 4;
	assert_int_equal(put("a"), 0);
	assert_int_equal(put("b"), 0);
	for (; text[0] < '6'; text[0]++) {
		assert_int_equal(put(text), 0);
		assert_int_equal(open_record(&sim), 0);
		assert_true(holds(text));
	}
	assert_true(record.sequence[record.newest] < 8);
	/* The same copy twice: one of both is taken, and written over next. */
	memcpy(sim.device[0].medium + (1 - record.newest) * (size_t)UNIT,
		sim.device[0].medium + record.newest * (size_t)UNIT, RECORD_SIZE);
	assert_int_equal(open_record(&sim), 0);
	assert_true(holds("5"));
	assert_int_equal(put("6"), 0);
	assert_int_equal(open_record(&sim), 0);
	assert_true(holds("6"));
}

/* Nobody writes such a copy, but its sum is right. */
static void
test_record_size_beyond_its_room_is_broken(void **state)
{
	uint8_t *copy = sim.device[0].medium + UNIT;
	uint64_t hash;

	(void)state;
	for (uint32_t size = RECORD_PAYLOAD; size <= RECORD_PAYLOAD + 1; size++) {
		for (unsigned i = 0; i < 4; i++)
			copy[12 + i] = (uint8_t)(size >> 8 * i);
		hash = XXH64(copy, RECORD_SIZE - 8, 0);
		for (unsigned i = 0; i < 8; i++)
			copy[RECORD_SIZE - 8 + i] = (uint8_t)(hash >> 8 * i);
		assert_int_equal(open_record(&sim), 0);
		assert_true(holds("one") == (size > RECORD_PAYLOAD));
	}
}

static void
test_record_of_another_layout_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(
		record_open(&record, &sim.device[0].block, UNIT, 2, 2, &e), -EPROTO);
	assert_string_equal(
		e.text, "state: the state has layout version 1, this program knows 2");
}

static void
test_record_units_that_do_not_fit_are_refused(void **state)
{
	static const struct {
		uint64_t unit;
		unsigned copies;
	} bad[] = {{UNIT, 3}, {UNIT, 1}, {UNIT, 0}, {UNIT, 9}, {UNIT + 1, 2}, {0, 2},
		{2048, 2}, {UINT64_MAX - 4095, 2}};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(record_open(&record, &sim.device[0].block, bad[i].unit,
					 bad[i].copies, 1, &e),
			-EINVAL);
	assert_int_equal(open_record(&sim), 0);
	assert_int_equal(record_put(&record, "", RECORD_PAYLOAD + 1, &e), -EFBIG);
}

static void
test_record_errors_are_told_and_harm_one_copy_at_most(void **state)
{
	(void)state;
	for (uint64_t tick = 0; tick < PUT_TICKS; tick++) {
		sim_copy(&sim, &spare);
		assert_int_equal(open_record(&sim), 0);
		sim.fail_at = sim.tick + tick;
		sim.fail_with = tick % 2 ? -EIO : -ENOSPC;
		assert_int_equal(put("new"), sim.fail_with);
		assert_non_null(strstr(e.text, "state: cannot write the state: "));
		assert_int_equal(open_record(&sim), 0);
		assert_true(holds("two") || holds("new"));
		/* and again, now that the device works */
		assert_int_equal(put("more"), 0);
		assert_int_equal(open_record(&sim), 0);
		assert_true(holds("more"));
	}
}

/* What a process leaves that ended between a write and its flush. */
enum left {
	LEFT_PENDING, /* the kernel has it still */
	LEFT_IN_THE_DEVICE, /* which tells it to whoever asks, and has not kept it yet */
	LEFT_BEHIND, /* a flush failed: nobody writes it any more, and caches show it */
	LEFTS
};

/* The next one writes over no copy but for which another one is durable. */
static void
test_record_what_was_left_unflushed_is_not_built_upon(void **state)
{
	(void)state;
	for (enum left left = 0; left < LEFTS; left++)
		for (uint64_t i = 0; i < 14 * (uint64_t)100; i++) {
			struct block *block = &sim.device[0].block;
			int (*read_back)(struct block *, uint64_t, void *, size_t) =
				block->read_back;
			int r;

			sim_copy(&sim, &spare);
			assert_int_equal(open_record(&sim), 0);
			sim.fail_at = sim.tick + 2 + 8;
			sim.fail_with = -EINTR;
			assert_int_equal(put("new"), -EINTR);
			if (left == LEFT_IN_THE_DEVICE)
				block->read_back = block->read;
			if (left == LEFT_BEHIND)
				sim.pending_count = 0;
			assert_int_equal(open_record(&sim), 0);
			assert_true(holds("two") || holds("new"));
			sim_cut(&sim, sim.tick + i / 100, i);
			r = put("more");
			assert_true(r == 0 || sim.dead);
			sim_power_on(&sim);
			block->read_back = read_back;
			assert_int_equal(open_record(&sim), 0);
			assert_true(holds("more") ||
				    (r < 0 && (holds("two") || holds("new"))));
		}
}

/* A device that acknowledges a flush and keeps nothing. */
static int
flush_nothing(struct block *block)
{
	(void)block;
	return 0;
}

static void
test_record_medium_that_forgets_is_found_by_reading_back(void **state)
{
	(void)state;
	sim.device[0].block.flush = flush_nothing;
	assert_int_equal(put("new"), -EIO);
	sim_power_on(&sim);
	assert_int_equal(open_record(&sim), 0);
	assert_true(holds("two"));
}

static void
test_record_third_copy_takes_over_from_a_dead_one(void **state)
{
	struct sim three;

	(void)state;
	sim_init(&three);
	sim_add(&three, "state", 3 * UNIT);
	assert_int_equal(
		record_open(&record, &three.device[0].block, UNIT, 3, 1, &e), -ENODATA);
	for (const char *text = "abcd"; *text; text++)
		assert_int_equal(record_put(&record, text, 1, &e), 0);
	assert_int_equal(record.newest, 0);
	three.fail_at = three.tick + 2;
	three.fail_with = -EIO;
	assert_int_equal(record_put(&record, "e", 1, &e), 0);
	assert_int_equal(record.newest, 2);
	assert_int_equal(record_open(&record, &three.device[0].block, UNIT, 3, 1, &e), 0);
	assert_true(holds("e"));
	sim_free(&three);
}

/* Power cuts at every tick of a put, each with many losses, each with a second cut. */
static void
test_record_power_cuts_leave_the_old_or_the_new(void **state)
{
	unsigned old = 0, new = 0;

	(void)state;
	for (uint64_t tick = 0; tick <= PUT_TICKS; tick++)
		for (uint64_t seed = 0; seed < 200; seed++) {
			int r;

			sim_copy(&sim, &spare);
			assert_int_equal(open_record(&sim), 0);
			sim_cut(&sim, sim.tick + tick, seed);
			r = put("new");
			assert_true(r == 0 || sim.dead);
			sim_power_on(&sim);
			assert_int_equal(open_record(&sim), 0);
			assert_true(holds("new") || (holds("two") && r < 0));
			if (holds("new"))
				new ++;
			else
				old++;
			sim_cut(&sim, sim.tick + seed % (PUT_TICKS + 1), seed + 7);
			r = put("again");
			sim_power_on(&sim);
			assert_int_equal(open_record(&sim), 0);
			assert_true(holds("again") ||
				    (r < 0 && (holds("two") || holds("new"))));
		}
	assert_true(old > 500 && new > 300);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_record_every_bit_of_the_newest_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_record_truncated_and_blank_copies_are_broken, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_record_sequence_wraps_and_equal_ones_are_settled, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_record_size_beyond_its_room_is_broken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_record_of_another_layout_is_left_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_record_units_that_do_not_fit_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_record_errors_are_told_and_harm_one_copy_at_most, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_record_medium_that_forgets_is_found_by_reading_back, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_record_what_was_left_unflushed_is_not_built_upon, set_up,
			tear_down),
		cmocka_unit_test(test_record_third_copy_takes_over_from_a_dead_one),
		cmocka_unit_test_setup_teardown(
			test_record_power_cuts_leave_the_old_or_the_new, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
