/* SPDX-License-Identifier: ISC */
/* What a launcher starts, by what the slots hold and what the state says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "rollback/launch.h"
#include "rollback/verify.h"
#include "tests/fault/walk.h"

static struct walk walk;
static struct error e;
static char said[1024];
static bool no_attempt; /* the state cannot be written */

static int
set_up(void **state)
{
	(void)state;
	walk_init(&walk);
	said[0] = '\0';
	no_attempt = false;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	walk_free(&walk);
	return 0;
}

static int
load(struct device *device, uint8_t slot, bool trial, struct error *why)
{
	static struct release release;
	struct slot_input input = {.event = SLOT_JUMP, .slot = slot};
	int r = verify_slot(device, slot, &release, why);

	if (r == 0 && trial && no_attempt)
		return error_set(why, EIO, "cannot write the state");
	return r < 0 || !trial ? r : device_step(device, &input, why);
}

static void
say(const char *line)
{
	strncat(said, line, sizeof(said) - strlen(said) - 1);
	strncat(said, "\n", sizeof(said) - strlen(said) - 1);
}

/* The slot that a launcher starts, or SLOT_NONE. */
static uint8_t
starts(bool evidence)
{
	struct launch launch = {
		.device = &walk.device, .evidence = evidence, .load = load, .say = say};
	uint8_t slot;
	int r;

	said[0] = '\0';
	walk.device.has_content = false; /* a launcher is in neither slot */
	r = launch_run(&launch, &slot, &e);
	if (r < 0)
		assert_int_equal(r, -EBADMSG);
	return r < 0 ? SLOT_NONE : slot;
}

static void
damage(uint8_t slot)
{
	walk.sim.device[slot].medium[30000] ^= 1;
	walk.sim.device[slot].view[30000] ^= 1;
}

static void
step(struct slot_input input)
{
	assert_int_equal(device_step(&walk.device, &input, &e), 0);
}

/* Version 2 in slot b, to be tried. */
static void
arm(uint8_t ways)
{
	const char *why;

	assert_int_equal(walk_install(&walk, 2, &why), 0);
	step((struct slot_input){
		.event = SLOT_ARM, .slot = 1, .ways = ways, .guarded = true});
}

static void
test_launch_default_starts_without_a_write(void **state)
{
	static uint8_t before[2 * WALK_UNIT];
	const uint8_t *view = walk.sim.device[SLOT_COUNT].view;

	(void)state;
	memcpy(before, view, sizeof(before));
	assert_int_equal(starts(false), 0);
	assert_memory_equal(view, before, sizeof(before));
	assert_string_equal(
		said, "slot b: holds no signed release\nslot a: verified and loaded\n");
}

static void
test_launch_cold_trial_is_on_record_and_one_shot(void **state)
{
	const struct slot *slot = &walk.device.state.slots.slot[1];

	(void)state;
	arm(TRIAL_COLD);
	assert_int_equal(starts(false), 1);
	assert_string_equal(said, "slot b: attempt 1\n");
	assert_true(slot->jumped);
	/* Back without a word: once more, five times in all, then the default. */
	for (unsigned tries = 2; tries <= SLOT_TRIES; tries++) {
		assert_int_equal(starts(false), 1);
		assert_int_equal(slot->tries, tries);
	}
	assert_int_equal(starts(false), 0);
	assert_int_equal(slot->state, SLOT_STAGED);
	assert_string_equal(said,
		"slot b: 5 attempts without a verdict: shelved\nslot a: verified and loaded\n");
}

static void
test_launch_evidence_makes_it_bad(void **state)
{
	(void)state;
	arm(TRIAL_COLD);
	assert_int_equal(starts(false), 1);
	assert_int_equal(starts(true), 0);
	assert_int_equal(walk.device.state.slots.slot[1].state, SLOT_BAD);
	assert_string_equal(said,
		"slot b: its trial failed: bad, and refused from now on\nslot a: verified and loaded\n");
	/* Evidence without an attempt is against nobody. */
	assert_int_equal(starts(true), 0);
	assert_string_equal(said, "slot a: verified and loaded\n");
}

static void
test_launch_kexec_trial_waits_for_the_default_to_jump(void **state)
{
	(void)state;
	arm(TRIAL_KEXEC);
	assert_int_equal(starts(true), 0);
	assert_int_equal(walk.device.state.slots.slot[1].state, SLOT_TRYING);
	assert_int_equal(walk.device.state.slots.slot[1].tries, 0);
}

static void
test_launch_attempt_not_on_record_is_not_made(void **state)
{
	(void)state;
	arm(TRIAL_COLD);
	no_attempt = true;
	assert_int_equal(starts(false), 0);
	assert_string_equal(
		said, "cannot write the state\nslot a: verified and loaded\n");
}

static void
test_launch_damaged_slot_gives_way_to_the_other(void **state)
{
	const char *why;

	(void)state;
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	damage(0);
	/* Never confirmed, but nothing else is there. */
	assert_int_equal(starts(false), 1);
	assert_string_equal(said,
		"slot a: chunk 1 of 2 is not what was signed\nslot b: verified and loaded\n");
	damage(1);
	assert_int_equal(starts(false), SLOT_NONE);
	assert_string_equal(e.text, "no slot holds an image that can be started");
}

static void
test_launch_without_state_first_whole_slot(void **state)
{
	const char *why;

	(void)state;
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	slot_init(&walk.device.state.slots);
	walk.device.lost = true;
	assert_int_equal(starts(false), 0);
	assert_non_null(strstr(said, "state: no state can be read"));
	damage(0);
	assert_int_equal(starts(false), 1);
}

static void
test_launch_below_the_floor_nothing_starts(void **state)
{
	(void)state;
	walk.device.state.slots.floor = 2;
	assert_int_equal(starts(false), SLOT_NONE);
	assert_non_null(strstr(said, "slot a is below the security floor"));
	walk.device.state.slots.floor = 1;
	assert_int_equal(starts(false), 0);
}

/* Both copies of the state are gone; what follows them is there. */
static void
lose_state(void)
{
	struct sim_device *state = &walk.sim.device[SLOT_COUNT];

	for (size_t copy = 0; copy < 2; copy++) {
		memset(state->medium + copy * WALK_UNIT, 0x55, RECORD_SIZE);
		memset(state->view + copy * WALK_UNIT, 0x55, RECORD_SIZE);
	}
	assert_int_equal(device_open(&walk.device, &state->block, WALK_UNIT, 2, &e), 0);
	assert_true(walk.device.lost);
}

/* Version 2 in slot b, tried and confirmed. */
static void
confirm_second(void)
{
	arm(TRIAL_KEXEC);
	step((struct slot_input){.event = SLOT_JUMP, .slot = 1});
	step((struct slot_input){.event = SLOT_HEALTHY, .slot = 1, .running = 1});
}

static void
test_launch_without_state_the_default_of_the_history(void **state)
{
	static uint8_t before[4 * WALK_UNIT + WALK_HISTORY];
	const uint8_t *view = walk.sim.device[SLOT_COUNT].view;
	const char *why;

	(void)state;
	confirm_second();
	walk.device.has_content = true;
	memcpy(walk.device.content, walk.update[1].release.content, SLOT_HASH);
	/* Not tried yet, and maybe broken: it stands in the first slot. */
	assert_int_equal(walk_install(&walk, 3, &why), 0);
	lose_state();
	memcpy(before, view, sizeof(before));
	assert_int_equal(starts(false), 1);
	assert_string_equal(said,
		"state: no state can be read: a slot that is signed and whole\n"
		"slot b: was the default last, by the history\n"
		"slot b: verified and loaded\n");
	assert_memory_equal(view, before, sizeof(before));
	/* Damaged, it gives way all the same. */
	damage(1);
	lose_state();
	assert_int_equal(starts(false), 0);
}

static void
test_launch_without_state_after_a_revert(void **state)
{
	(void)state;
	confirm_second();
	lose_state();
	assert_int_equal(starts(false), 1);
	walk_free(&walk);
	walk_init(&walk);
	confirm_second();
	step((struct slot_input){.event = SLOT_REVERT, .running = 1});
	lose_state();
	assert_int_equal(starts(false), 0);
	assert_non_null(strstr(said, "slot a: was the default last"));
}

static void
test_launch_trial_in_the_first_slot_is_judged_alike(void **state)
{
	const struct slot *slot = &walk.device.state.slots.slot[0];
	const char *why;

	(void)state;
	confirm_second();
	memcpy(walk.device.content, walk.update[1].release.content, SLOT_HASH);
	walk.device.has_content = true;
	assert_int_equal(walk_install(&walk, 3, &why), 0);
	step((struct slot_input){
		.event = SLOT_ARM, .slot = 0, .ways = TRIAL_COLD, .guarded = true});
	assert_int_equal(starts(false), 0);
	assert_int_equal(starts(true), 1);
	assert_int_equal(slot->state, SLOT_BAD);
}

/* What the history confirmed counts if it is there still, and was the default. */
static void
test_launch_without_state_what_was_written_over_is_no_default(void **state)
{
	const char *why;

	(void)state;
	confirm_second();
	/* Version 1 runs; version 2 was the default, and makes room. */
	memcpy(walk.device.content, walk.update[0].release.content, SLOT_HASH);
	walk.device.has_content = true;
	assert_int_equal(walk_install(&walk, 3, &why), 0);
	lose_state();
	assert_int_equal(starts(false), 0);
	assert_non_null(strstr(said, "slot a: was the default last"));
}

static void
test_launch_without_state_what_waits_for_a_cold_start_is_no_default(void **state)
{
	(void)state;
	arm(TRIAL_KEXEC | TRIAL_COLD);
	step((struct slot_input){.event = SLOT_JUMP, .slot = 1});
	step((struct slot_input){.event = SLOT_HEALTHY, .slot = 1, .running = 1});
	lose_state();
	assert_int_equal(starts(false), 0);
	assert_non_null(strstr(said, "slot a: was the default last"));
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_launch_default_starts_without_a_write),
		TEST(test_launch_cold_trial_is_on_record_and_one_shot),
		TEST(test_launch_evidence_makes_it_bad),
		TEST(test_launch_kexec_trial_waits_for_the_default_to_jump),
		TEST(test_launch_attempt_not_on_record_is_not_made),
		TEST(test_launch_damaged_slot_gives_way_to_the_other),
		TEST(test_launch_without_state_first_whole_slot),
		TEST(test_launch_without_state_the_default_of_the_history),
		TEST(test_launch_without_state_after_a_revert),
		TEST(test_launch_without_state_what_was_written_over_is_no_default),
		TEST(test_launch_without_state_what_waits_for_a_cold_start_is_no_default),
		TEST(test_launch_trial_in_the_first_slot_is_judged_alike),
		TEST(test_launch_below_the_floor_nothing_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
