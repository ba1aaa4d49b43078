/* SPDX-License-Identifier: ISC */
/* What stands at a slot's end is anybody's until its signatures were checked. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/tail.h"
#include "tests/fault/sim.h"

#define SLOT_SIZE (TAIL_SIZE + 16384)

static struct sim sim;
static struct block *slot;
static struct tail tail, back;

static int
set_up(void **state)
{
	(void)state;
	sim_init(&sim);
	slot = sim_add(&sim, "slot", SLOT_SIZE);
	memset(&tail, 0, sizeof(tail));
	tail.release_size = 5000;
	tail.signatures_size = 300;
	for (size_t i = 0; i < 5300; i++)
		tail.text[i] = (char)('a' + i % 26);
	memset(tail.first, 0x5a, sizeof(tail.first));
	assert_int_equal(tail_write(slot, &tail), 0);
	assert_int_equal(tail_write_first(slot, &tail), 0);
	return slot->flush(slot);
}

static int
tear_down(void **state)
{
	(void)state;
	sim_free(&sim);
	return 0;
}

static void
test_tail_reads_back_whole(void **state)
{
	(void)state;
	assert_int_equal(tail_read(slot, &back), 0);
	assert_memory_equal(&back, &tail, sizeof(back));
	assert_ptr_equal(tail_signatures(&back), back.text + 5000);
}

/* Sizes: u32 each behind the magic and the version. */
static void
put_sizes(uint32_t release, uint32_t signatures)
{
	uint8_t *at = sim.device[0].medium + tail_room(slot) + 12;

	for (unsigned i = 0; i < 4; i++) {
		at[i] = (uint8_t)(release >> 8 * i);
		at[4 + i] = (uint8_t)(signatures >> 8 * i);
	}
}

static void
test_tail_sizes_beyond_their_room_are_none(void **state)
{
	static const uint32_t bad[][2] = {{TAIL_TEXT + 1, 0}, {0, TAIL_TEXT + 1},
		{TAIL_TEXT, 1}, {1, TAIL_TEXT}, {UINT32_MAX, 1}, {1, UINT32_MAX},
		{UINT32_MAX, UINT32_MAX}};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_sizes(bad[i][0], bad[i][1]);
		assert_int_equal(tail_read(slot, &back), -ENODATA);
	}
	put_sizes(TAIL_TEXT - 1, 1);
	assert_int_equal(tail_read(slot, &back), 0);
}

static void
test_tail_head_that_is_damaged_is_none(void **state)
{
	uint8_t *head = sim.device[0].medium + tail_room(slot);

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		head[i] ^= 1;
		assert_int_equal(tail_read(slot, &back), -ENODATA);
		head[i] ^= 1;
	}
	assert_int_equal(tail_read(slot, &back), 0);
}

static void
test_tail_has_no_room_in_a_small_slot(void **state)
{
	(void)state;
	slot->size = TAIL_SIZE - BLOCK_ALIGN;
	assert_int_equal(tail_read(slot, &back), -ENOSPC);
	assert_int_equal(tail_room(slot), 0);
	slot->size = SLOT_SIZE;
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_tail_reads_back_whole),
		TEST(test_tail_sizes_beyond_their_room_are_none),
		TEST(test_tail_head_that_is_damaged_is_none),
		TEST(test_tail_has_no_room_in_a_small_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
