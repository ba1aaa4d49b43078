/* SPDX-License-Identifier: ISC */
/* What befalls a device with an open trial: flaps of the power, a crash beside the confirm,
 * data that breaks whatever runs. By the launcher's and the updater's steps over the
 * simulator. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rollback/keep.h"
#include "tests/fault/walk.h"

static struct walk walk;

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

/* The power comes back, and the launcher decides. */
static void
boot(bool evidence, uint8_t want)
{
	const char *wrong;

	sim_power_on(&walk.sim);
	wrong = walk_boot(&walk, evidence);
	if (wrong)
		fail_msg("%s", wrong);
	assert_int_equal(walk.running, want);
}

static void
step(struct slot_input input)
{
	struct error e;

	if (device_step(&walk.device, &input, &e) < 0)
		fail_msg("%s", e.text);
}

/* Version 2 in slot b, to be tried in these ways. */
static void
arm(uint8_t ways)
{
	const char *why;

	boot(false, 0);
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	step((struct slot_input){.event = SLOT_ARM, .slot = 1, .ways = ways});
}

/* By kexec: the new image runs. */
static void
jump(void)
{
	step((struct slot_input){.event = SLOT_JUMP, .slot = 1});
	walk.running = 1;
	memcpy(walk.device.content, walk.device.state.slots.slot[1].image.content,
		SLOT_HASH);
}

static const struct slot *
tried(void)
{
	return &walk.device.state.slots.slot[1];
}

static void
test_life_twenty_power_flaps_condemn_nothing(void **state)
{
	const char *why;

	(void)state;
	arm(TRIAL_KEXEC);
	for (unsigned flap = 0; flap < 20; flap++) {
		if (tried()->state == SLOT_TRYING)
			jump();
		boot(false, 0);
		assert_int_not_equal(tried()->state, SLOT_BAD);
		assert_int_equal(walk.device.state.slots.chosen, 0);
	}
	assert_int_equal(tried()->state, SLOT_STAGED);
	assert_int_equal(walk.device.state.slots.refused_count, 0);
	/* It is there still, and a person may have it tried again. */
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	step((struct slot_input){
		.event = SLOT_ARM, .slot = 1, .ways = TRIAL_KEXEC, .again = true});
	assert_int_equal(tried()->tries, 0);
}

/* The same while the launcher itself makes the jumps. */
static void
test_life_twenty_power_flaps_of_a_cold_trial(void **state)
{
	enum confirm_result result;
	struct error e;
	unsigned colds = 0;

	(void)state;
	arm(TRIAL_KEXEC | TRIAL_COLD);
	jump();
	assert_int_equal(confirm_run(&walk.device, &result, &e), 0);
	assert_int_equal(result, CONFIRM_COLD);
	for (unsigned flap = 0; flap < 20; flap++) {
		const char *wrong;

		sim_power_on(&walk.sim);
		wrong = walk_boot(&walk, false);
		if (wrong)
			fail_msg("%s", wrong);
		colds += walk.running == 1;
		assert_int_equal(walk.device.state.slots.chosen, 0);
	}
	assert_int_equal(colds, SLOT_TRIES);
	assert_int_equal(tried()->state, SLOT_STAGED);
	assert_int_equal(walk.running, 0);
}

static void
test_life_crash_just_before_confirm_costs_one_attempt(void **state)
{
	enum confirm_result result;
	struct error e;

	(void)state;
	arm(TRIAL_KEXEC);
	jump();
	/* Healthy, and the power goes before the first sector of the confirm. */
	sim_cut(&walk.sim, walk.sim.tick, 1);
	assert_true(confirm_run(&walk.device, &result, &e) < 0);
	boot(false, 0);
	assert_int_equal(tried()->state, SLOT_TRYING);
	assert_int_equal(tried()->tries, 1);
	jump();
	assert_int_equal(confirm_run(&walk.device, &result, &e), 0);
	boot(false, 1);
}

/* Each tick of the confirm: whichever it is, one of them runs, and it can be had again. */
static void
test_life_cut_inside_confirm_leaves_one_of_both(void **state)
{
	unsigned before = 0, after = 0;

	(void)state;
	for (uint64_t tick = 0; tick < 40; tick++) {
		enum confirm_result result;
		struct error e;

		if (tick > 0) {
			walk_free(&walk);
			walk_init(&walk);
		}
		arm(TRIAL_KEXEC);
		jump();
		sim_cut(&walk.sim, walk.sim.tick + tick, tick);
		confirm_run(&walk.device, &result, &e);
		sim_power_on(&walk.sim);
		assert_null(walk_boot(&walk, false));
		after += walk.running == 1;
		before += walk.running == 0;
		if (walk.running == 1) {
			assert_int_equal(tried()->state, SLOT_GOOD);
			continue;
		}
		assert_int_equal(tried()->state, SLOT_TRYING);
		jump();
		assert_int_equal(confirm_run(&walk.device, &result, &e), 0);
		boot(false, 1);
	}
	assert_true(before > 0 && after > 0);
}

static void
test_life_crash_just_after_confirm_boots_the_new_one(void **state)
{
	enum confirm_result result;
	struct error e;

	(void)state;
	arm(TRIAL_KEXEC);
	jump();
	assert_int_equal(confirm_run(&walk.device, &result, &e), 0);
	assert_int_equal(result, CONFIRM_GOOD);
	/* A panic now is none of a trial: evidence finds nothing to judge. */
	boot(true, 1);
	assert_int_equal(tried()->state, SLOT_GOOD);
	assert_int_equal(walk.device.state.slots.refused_count, 0);
	assert_int_equal(confirm_run(&walk.device, &result, &e), 0);
	assert_int_equal(result, CONFIRM_BEFORE);
}

/* Data that both share breaks the new image and then the old one: one is refused, and the
 * confirmed one stays the default however often it fails. */
static void
test_life_data_that_breaks_both_slots_ends_no_confirmed_one(void **state)
{
	const char *why;

	(void)state;
	arm(TRIAL_KEXEC);
	jump();
	boot(true, 0);
	assert_int_equal(tried()->state, SLOT_BAD);
	for (unsigned i = 0; i < 20; i++) {
		boot(true, 0);
		assert_int_equal(walk.device.state.slots.slot[0].state, SLOT_GOOD);
		assert_int_equal(walk.device.state.slots.refused_count, 1);
	}
	/* And the way out is open. */
	assert_int_equal(walk_install(&walk, 2, &why), -EPERM);
	assert_int_equal(walk_install(&walk, 4, &why), 0);
}

/* Health that comes and goes: what was confirmed before it went stays confirmed, and what
 * never was is tried again. */
static void
test_life_health_that_flaps_confirms_once(void **state)
{
	enum confirm_result result;
	struct error e;
	uint64_t told;

	(void)state;
	arm(TRIAL_KEXEC);
	jump();
	assert_int_equal(confirm_run(&walk.device, &result, &e), 0);
	told = walk.device.history.newest;
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(confirm_run(&walk.device, &result, &e), 0);
		assert_int_equal(result, CONFIRM_BEFORE);
		boot(true, 1);
	}
	/* Nothing was written for it. */
	assert_true(walk.device.history.newest == told);
}

static void
break_state(unsigned copy)
{
	struct sim_device *state = &walk.sim.device[SLOT_COUNT];

	state->medium[copy * WALK_UNIT] ^= 1;
	state->view[copy * WALK_UNIT] ^= 1;
}

/* Nobody is there to repair it: what proves healthy does. */
static void
test_life_confirm_mends_the_state(void **state)
{
	enum confirm_result result;
	struct record *record = &walk.device.state.record;
	struct error e;
	const char *why;

	(void)state;
	break_state(1);
	boot(false, 0);
	assert_false(record->valid[1]);
	assert_int_equal(confirm_run(&walk.device, &result, &e), 0);
	assert_int_equal(result, CONFIRM_BEFORE);
	boot(false, 0);
	assert_true(record->valid[0] && record->valid[1]);
	break_state(0);
	break_state(1);
	assert_string_equal(walk_boot(&walk, false), "the state is lost");
	assert_int_equal(confirm_run(&walk.device, &result, &e), 0);
	assert_int_equal(result, CONFIRM_GOOD);
	boot(false, 0);
	assert_true(record->valid[0] && record->valid[1]);
	assert_int_equal(walk.device.state.slots.floor, walk.update[0].release.floor);
	assert_int_equal(walk_install(&walk, 2, &why), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_life_twenty_power_flaps_condemn_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_life_twenty_power_flaps_of_a_cold_trial, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_life_crash_just_before_confirm_costs_one_attempt, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_life_cut_inside_confirm_leaves_one_of_both, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_life_crash_just_after_confirm_boots_the_new_one, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_life_data_that_breaks_both_slots_ends_no_confirmed_one,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_life_health_that_flaps_confirms_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_life_confirm_mends_the_state, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
