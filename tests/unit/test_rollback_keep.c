/* SPDX-License-Identifier: ISC */
/* What is confirmed and what is repaired: by what the slots hold, and never by half. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "rollback/keep.h"
#include "rollback/verify.h"
#include "tests/fault/walk.h"

static struct walk walk;
static struct error e;
static int (*read_back)(struct block *, uint64_t, void *, size_t);

static int
set_up(void **state)
{
	(void)state;
	walk_init(&walk);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	walk_free(&walk);
	return 0;
}

static void
damage(uint8_t slot)
{
	walk.sim.device[slot].medium[30000] ^= 1;
	walk.sim.device[slot].view[30000] ^= 1;
}

static void
runs(uint64_t version)
{
	memcpy(walk.device.content, walk.update[version - 1].release.content, SLOT_HASH);
}

static void
step(struct slot_input input)
{
	assert_int_equal(device_step(&walk.device, &input, &e), 0);
}

static const struct slot *
slot_of(uint8_t slot)
{
	return &walk.device.state.slots.slot[slot];
}

/* Version 2 in slot b, on trial by kexec, running. */
static void
begin_trial(void)
{
	const char *why;

	assert_int_equal(walk_install(&walk, 2, &why), 0);
	step((struct slot_input){.event = SLOT_ARM, .slot = 1, .ways = TRIAL_KEXEC});
	step((struct slot_input){.event = SLOT_JUMP, .slot = 1});
	runs(2);
}

static unsigned
repair(unsigned *left)
{
	struct repair repair = {.device = &walk.device};

	assert_int_equal(repair_run(&repair, &e), 0);
	*left = repair.left;
	return repair.done;
}

static void
test_keep_what_runs_but_is_damaged_in_its_slot_is_not_confirmed(void **state)
{
	enum confirm_result result;

	(void)state;
	begin_trial();
	damage(1);
	assert_int_equal(confirm_run(&walk.device, &result, &e), -EBADMSG);
	assert_int_equal(slot_of(1)->state, SLOT_TRYING);
	assert_int_equal(walk.device.state.slots.chosen, 0);
	damage(1);
	assert_int_equal(confirm_run(&walk.device, &result, &e), 0);
	assert_int_equal(result, CONFIRM_GOOD);
	assert_int_equal(walk.device.state.slots.chosen, 1);
}

static void
test_keep_what_runs_without_a_trial_is_not_confirmed(void **state)
{
	enum confirm_result result;
	const char *why;

	(void)state;
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	runs(2);
	assert_int_equal(confirm_run(&walk.device, &result, &e), -EBUSY);
	assert_int_equal(slot_of(1)->state, SLOT_STAGED);
	runs(5);
	assert_int_equal(confirm_run(&walk.device, &result, &e), -EBUSY);
	assert_string_equal(e.text, "what runs is in neither slot");
}

static int
read_nothing(struct block *block, uint64_t at, void *data, size_t size)
{
	(void)block;
	(void)at;
	(void)data;
	(void)size;
	return -EIO;
}

static void
test_keep_slot_that_cannot_be_read_is_not_emptied(void **state)
{
	struct block *block = walk.device.slot[1];
	unsigned left;
	const char *why;

	(void)state;
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	read_back = block->read_back;
	block->read_back = read_nothing;
	assert_int_equal(repair(&left), 0);
	assert_int_equal(left, 1);
	assert_int_equal(slot_of(1)->state, SLOT_STAGED);
	block->read_back = read_back;
	assert_int_equal(repair(&left), 0);
	assert_int_equal(left, 0);
}

static void
test_keep_the_last_confirmed_slot_gives_way_to_what_runs_alone(void **state)
{
	unsigned left;
	const char *why;

	(void)state;
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	damage(0);
	/* Version 1 runs, from memory; version 2 was never tried. */
	assert_int_equal(repair(&left), 0);
	assert_int_equal(left, 1);
	assert_int_equal(slot_of(0)->state, SLOT_GOOD);
	assert_int_equal(slot_of(1)->state, SLOT_STAGED);
	/* It was started where nothing else could be, and runs. */
	runs(2);
	assert_int_equal(repair(&left), 1);
	assert_int_equal(left, 0);
	assert_int_equal(slot_of(0)->state, SLOT_EMPTY);
	assert_int_equal(slot_of(1)->state, SLOT_GOOD);
}

static void
test_keep_lost_state_is_made_of_what_runs(void **state)
{
	struct sim_device *device = &walk.sim.device[SLOT_COUNT];
	struct repair repair = {.device = &walk.device};
	const char *why;

	(void)state;
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	for (size_t copy = 0; copy < 2; copy++)
		memset(device->medium + copy * WALK_UNIT, 0x55, RECORD_SIZE);
	assert_int_equal(device_open(&walk.device, &device->block, WALK_UNIT, 2, &e), 0);
	assert_true(walk.device.lost);
	runs(5);
	assert_int_equal(repair_run(&repair, &e), -EBUSY);
	assert_true(walk.device.lost);
	runs(2);
	damage(1);
	assert_int_equal(repair_run(&repair, &e), -EBUSY);
	damage(1);
	assert_int_equal(repair_run(&repair, &e), 0);
	assert_int_equal(walk.device.state.slots.chosen, 1);
	assert_int_equal(slot_of(1)->image.version, 2);
	assert_true(walk.device.state.slots.floor == walk.update[1].release.floor);
}

/* Nobody is there, and the default's slot rots: what was installed is started, and stays. */
static void
test_keep_what_runs_in_place_of_a_damaged_default_is_confirmed(void **state)
{
	enum confirm_result result;
	struct release release;
	const char *why;

	(void)state;
	for (int armed = 0; armed < 2; armed++) {
		assert_int_equal(walk_install(&walk, 2, &why), 0);
		if (armed)
			step((struct slot_input){
				.event = SLOT_ARM, .slot = 1, .ways = TRIAL_KEXEC});
		runs(2);
		assert_int_equal(confirm_run(&walk.device, &result, &e), -EBUSY);
		damage(0);
		assert_int_equal(confirm_run(&walk.device, &result, &e), 0);
		assert_int_equal(result, CONFIRM_GOOD);
		assert_int_equal(slot_of(0)->state, SLOT_EMPTY);
		assert_int_equal(slot_of(1)->state, SLOT_GOOD);
		assert_int_equal(walk.device.state.slots.chosen, 1);
		/* And updates go on. */
		assert_int_equal(walk_install(&walk, 3, &why), 0);
		assert_int_equal(verify_slot(&walk.device, 0, &release, &e), 0);
		walk_free(&walk);
		walk_init(&walk);
	}
}

/* A moment in which the medium does not answer is no reason to forget floor and list. */
static void
test_keep_state_that_cannot_be_read_is_not_begun_anew(void **state)
{
	struct block *block = &walk.sim.device[SLOT_COUNT].block;
	enum confirm_result result;
	unsigned left;

	(void)state;
	memcpy(walk.device.state.slots.refused[0], walk.update[2].release.hash,
		SLOT_HASH);
	walk.device.state.slots.refused_count = 1;
	begin_trial();
	read_back = block->read_back;
	block->read_back = read_nothing;
	assert_int_equal(device_open(&walk.device, block, WALK_UNIT, 2, &e), 0);
	block->read_back = read_back;
	assert_true(walk.device.lost);
	assert_int_equal(confirm_run(&walk.device, &result, &e), -EIO);
	assert_int_equal(device_open(&walk.device, block, WALK_UNIT, 2, &e), 0);
	assert_false(walk.device.lost);
	assert_true(
		slot_is_refused(&walk.device.state.slots, walk.update[2].release.hash));
	assert_int_equal(confirm_run(&walk.device, &result, &e), 0);
	assert_int_equal(repair(&left), 0);
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_keep_what_runs_but_is_damaged_in_its_slot_is_not_confirmed),
		TEST(test_keep_what_runs_without_a_trial_is_not_confirmed),
		TEST(test_keep_slot_that_cannot_be_read_is_not_emptied),
		TEST(test_keep_the_last_confirmed_slot_gives_way_to_what_runs_alone),
		TEST(test_keep_lost_state_is_made_of_what_runs),
		TEST(test_keep_state_that_cannot_be_read_is_not_begun_anew),
		TEST(test_keep_what_runs_in_place_of_a_damaged_default_is_confirmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
