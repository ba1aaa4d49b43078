/* SPDX-License-Identifier: ISC */
/* The history: what it holds after cuts and errors, and what a device's life leaves there. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <xxhash.h>

#include "lib/error.h"
#include "tests/fault/walk.h"

#define AT   8192
#define ROOM 16 /* entries: two blocks */

static struct sim sim;
static struct history history;

static int
set_up(void **state)
{
	(void)state;
	sim_init(&sim);
	sim_add(&sim, "state", AT + 2 * BLOCK_ALIGN);
	history_open(&history, &sim.device[0].block, AT);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	sim_free(&sim);
	return 0;
}

static int
add(uint64_t version)
{
	struct history_entry entry = {.kind = SLOT_FINISH,
		.slot = 1,
		.state = SLOT_STAGED,
		.version = version,
		.ms = {1, 2, 3}};
	struct error e;

	snprintf(entry.why, sizeof(entry.why), "number %u\n", (unsigned)version);
	return history_add(&history, &entry, &e);
}

static void
check(uint64_t version)
{
	struct history_entry entry;
	char why[32];

	assert_true(history_get(&history, version, &entry));
	assert_true(entry.version == version && entry.sequence == version);
	snprintf(why, sizeof(why), "number %u?", (unsigned)version);
	assert_string_equal(entry.why, why);
	assert_int_equal(entry.ms[TIME_READ_BACK], 3);
	assert_true(entry.clock_ms > 0 && entry.uptime_ms > 0);
}

/* What goes to a console is text, whoever wrote it there. */
static void
test_history_text_that_is_none_is_no_entry(void **state)
{
	static const size_t at[] = {0, 5, 30, HISTORY_WHY - 1};
	struct history_entry entry = {
		.kind = SLOT_FINISH, .sequence = 1, .why = "ends here"};
	uint8_t bytes[BLOCK_SECTOR], *why = bytes + BLOCK_SECTOR - 8 - HISTORY_WHY;

	(void)state;
	for (size_t i = 0; i <= sizeof(at) / sizeof(at[0]); i++) {
		uint64_t hash;

		history_pack(bytes, &entry);
		if (i < sizeof(at) / sizeof(at[0]))
			why[at[i]] = '\033';
		hash = XXH64(bytes, BLOCK_SECTOR - 8, 0);
		for (unsigned k = 0; k < 8; k++)
			bytes[BLOCK_SECTOR - 8 + k] = (uint8_t)(hash >> 8 * k);
		assert_true(history_unpack(&entry, bytes) ==
			    (i == sizeof(at) / sizeof(at[0])));
	}
}

static void
test_history_blank_device_has_none(void **state)
{
	struct history_entry entry;

	(void)state;
	assert_true(history.newest == 0 && history.room == ROOM);
	assert_false(history_get(&history, 0, &entry));
	assert_false(history_get(&history, 1, &entry));
	assert_false(history_find(&history, SLOT_FINISH, &entry));
}

static void
test_history_the_newest_stay(void **state)
{
	struct history_entry entry;

	(void)state;
	for (uint64_t i = 1; i <= 3 * ROOM + 5; i++) {
		assert_int_equal(add(i), 0);
		check(i);
		history_open(&history, &sim.device[0].block, AT);
		assert_true(history.newest == i);
		for (uint64_t k = history_oldest(&history); k <= i; k++)
			check(k);
		assert_true(i - history_oldest(&history) < ROOM);
	}
	assert_false(history_get(&history, 2 * ROOM + 5, &entry));
	assert_true(history_find(&history, SLOT_FINISH, &entry));
	assert_true(entry.sequence == 3 * ROOM + 5);
	assert_false(history_find(&history, SLOT_BACK, &entry));
}

/* The state's copies stand before it; nothing of them changes. */
static void
test_history_stays_in_its_place(void **state)
{
	static uint8_t before[AT];

	(void)state;
	memset(before, 0x5a, sizeof(before));
	memcpy(sim.device[0].medium, before, AT);
	sim_power_on(&sim);
	for (uint64_t i = 1; i <= ROOM + 1; i++)
		assert_int_equal(add(i), 0);
	assert_memory_equal(sim.device[0].medium, before, AT);
	history_open(&history, &sim.device[0].block, AT + BLOCK_ALIGN + 1);
	assert_null(history.block);
	assert_int_equal(add(1), 0);
}

/* A cut at each sector and flush of an entry, whatever of it reached the medium. */
static void
test_history_cut_loses_the_newest_at_most(void **state)
{
	static struct sim before;
	unsigned lost = 0, kept = 0;

	(void)state;
	for (uint64_t i = 1; i <= ROOM + 3; i++)
		assert_int_equal(add(i), 0);
	sim_init(&before);
	sim_add(&before, "before", sim.device[0].block.size);
	sim_copy(&before, &sim);
	for (unsigned i = 0; i < 600; i++) {
		sim_copy(&sim, &before);
		history_open(&history, &sim.device[0].block, AT);
		assert_true(history.newest == ROOM + 3);
		sim_cut(&sim, i % 12, i);
		add(ROOM + 4);
		sim_power_on(&sim);
		history_open(&history, &sim.device[0].block, AT);
		lost += history.newest == ROOM + 3;
		kept += history.newest == ROOM + 4;
		for (uint64_t k = 5; k <= ROOM + 3; k++)
			check(k);
		/* And it goes on. */
		assert_int_equal(add(history.newest + 1), 0);
		check(history.newest);
	}
	assert_true(lost > 0 && kept > 0 && lost + kept == 600);
	sim_free(&before);
}

static void
test_history_errors_of_the_medium_are_told(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(add(i), 0);
	for (unsigned tick = 0; tick < 11; tick++) {
		sim.fail_at = sim.tick + tick;
		sim.fail_with = -EIO;
		assert_int_equal(add(4), -EIO);
		assert_true(history.newest == 3);
	}
	sim.fail_at = SIM_NEVER;
	assert_int_equal(add(4), 0);
	for (uint64_t i = 1; i <= 4; i++)
		check(i);
}

static void
test_history_every_bit_of_an_entry_counts(void **state)
{
	uint8_t *bytes = sim.device[0].medium + AT + BLOCK_SECTOR;
	struct history_entry entry;

	(void)state;
	assert_int_equal(add(1), 0);
	assert_true(history_unpack(&entry, bytes));
	for (size_t i = 0; i < BLOCK_SECTOR * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_false(history_unpack(&entry, bytes));
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (int fill = 0; fill <= 0xff; fill += 0xff) {
		memset(bytes, fill, BLOCK_SECTOR);
		assert_false(history_unpack(&entry, bytes));
	}
}

/* A copy of an entry in another's place is none. */
static void
test_history_misplaced_entry_is_none(void **state)
{
	struct history_entry entry;

	(void)state;
	for (uint64_t i = 1; i <= 2; i++)
		assert_int_equal(add(i), 0);
	memcpy(sim.device[0].medium + AT + 5 * BLOCK_SECTOR,
		sim.device[0].medium + AT + 2 * BLOCK_SECTOR, BLOCK_SECTOR);
	sim_power_on(&sim);
	history_open(&history, &sim.device[0].block, AT);
	assert_true(history.newest == 2);
	assert_false(history_get(&history, 5, &entry));
}

/* v2 by kexec and a cold start, v3 bad, v4 dropped, v5 confirmed, v2 again. */
static void
test_history_of_a_life(void **state)
{
	static const char *const want[] = {"install begun 2", "installed 2",
		"to be tried 2", "attempt 2", "healthy by kexec 2", "attempt 2",
		"confirmed 2", "install begun 3", "installed 3", "to be tried 3",
		"attempt 3", "bad 3", "install begun 4", "installed 4", "to be tried 4",
		"reverted 4", "install begun 5", "installed 5", "to be tried 5",
		"attempt 5", "confirmed 5", "reverted 2"};
	static struct walk walk;
	struct history_entry entry;
	size_t at = 0;
	uint64_t seen = 3; /* of the factory's image */

	(void)state;
	walk_init(&walk);
	assert_null(walk_boot(&walk, false));
	while (walk_step(&walk)) {
		for (; seen < walk.device.history.newest; at++) {
			char got[64];

			assert_true(history_get(&walk.device.history, ++seen, &entry));
			snprintf(got, sizeof(got), "%s %u", history_name(&entry),
				(unsigned)entry.version);
			assert_true(at < sizeof(want) / sizeof(want[0]));
			assert_string_equal(got, want[at]);
		}
		assert_true(walk.steps < 400);
	}
	assert_int_equal(at, sizeof(want) / sizeof(want[0]));
	walk_free(&walk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history_text_that_is_none_is_no_entry),
		cmocka_unit_test_setup_teardown(
			test_history_blank_device_has_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_history_the_newest_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_history_stays_in_its_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_history_cut_loses_the_newest_at_most, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_history_errors_of_the_medium_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_history_every_bit_of_an_entry_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_history_misplaced_entry_is_none, set_up, tear_down),
		cmocka_unit_test(test_history_of_a_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
