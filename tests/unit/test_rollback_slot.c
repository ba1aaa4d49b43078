/* SPDX-License-Identifier: ISC */
/* Every transition of lib/slot.h by name, then all states x events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "slots.h"

#define OLD 0
#define NEW 1

/* Slot 0 runs and is the default; slot 1 is as given. */
static struct slots
device(enum slot_state state)
{
	struct slots slots;

	slot_init(&slots);
	slots.slot[OLD].state = SLOT_GOOD;
	slots.slot[OLD].image = image_of(1, 10, 5);
	slots.chosen = OLD;
	slots.floor = 5;
	slots.slot[NEW].state = state;
	if (state != SLOT_EMPTY)
		slots.slot[NEW].image = image_of(2, 11, 7);
	if (state == SLOT_TRYING)
		slots.slot[NEW].way = TRIAL_KEXEC;
	return slots;
}

static enum slot_refusal
step(struct slots *slots, struct slot_input input)
{
	struct slots before = *slots;
	enum slot_refusal r = slot_step(slots, &input);
	const char *broken = NULL;

	if (r != SLOT_OK)
		assert_memory_equal(slots, &before, sizeof(before));
	else
		broken = broken_rule(&before, slots, &input);
	if (broken)
		fail_msg("broken: %s", broken);
	return r;
}

static enum slot_refusal
offer(struct slots *slots, struct slot_image image)
{
	return step(slots, (struct slot_input){.event = SLOT_BEGIN,
				   .slot = NEW,
				   .running = OLD,
				   .image = image});
}

static enum slot_refusal
simple(struct slots *slots, enum slot_event event, uint8_t running)
{
	return step(slots,
		(struct slot_input){.event = event, .slot = NEW, .running = running});
}

static void
begin_trial(struct slots *slots, uint8_t ways)
{
	*slots = device(SLOT_STAGED);
	assert_int_equal(step(slots,
				 (struct slot_input){
					 .event = SLOT_ARM, .slot = NEW, .ways = ways}),
		SLOT_OK);
	assert_int_equal(simple(slots, SLOT_JUMP, OLD), SLOT_OK);
}

static void
test_slot_update_by_kexec_and_cold_start_ends_good(void **state)
{
	struct slots slots = device(SLOT_EMPTY);
	const bool usable[] = {true, true};
	bool trial;

	(void)state;
	assert_int_equal(offer(&slots, image_of(2, 11, 7)), SLOT_OK);
	assert_int_equal(slots.slot[NEW].state, SLOT_WRITING);
	assert_int_equal(simple(&slots, SLOT_FINISH, OLD), SLOT_OK);
	assert_int_equal(slots.slot[NEW].state, SLOT_STAGED);
	begin_trial(&slots, TRIAL_KEXEC | TRIAL_COLD);
	/* A reset now lands on the old one. */
	assert_int_equal(slot_pick(&slots, usable, &trial), OLD);
	assert_false(trial);
	assert_int_equal(simple(&slots, SLOT_HEALTHY, NEW), SLOT_OK);
	assert_int_equal(slots.slot[NEW].state, SLOT_TRYING);
	assert_int_equal(slots.slot[NEW].way, TRIAL_COLD);
	assert_int_equal(slots.chosen, OLD);
	assert_int_equal(slot_pick(&slots, usable, &trial), NEW);
	assert_true(trial);
	assert_int_equal(simple(&slots, SLOT_JUMP, SLOT_NONE), SLOT_OK);
	assert_int_equal(slot_pick(&slots, usable, &trial), OLD);
	assert_int_equal(simple(&slots, SLOT_HEALTHY, NEW), SLOT_OK);
	assert_int_equal(slots.slot[NEW].state, SLOT_GOOD);
	assert_int_equal(slots.chosen, NEW);
	/* The old one may still be gone back to. */
	assert_true(slots.floor == 5);
	assert_int_equal(simple(&slots, SLOT_HEALTHY, NEW), SLOT_WRONG_STATE);
}

static void
test_slot_evidence_makes_bad_and_is_remembered(void **state)
{
	struct slots slots;

	(void)state;
	begin_trial(&slots, TRIAL_KEXEC);
	assert_int_equal(
		step(&slots, (struct slot_input){.event = SLOT_BACK, .evidence = true}),
		SLOT_OK);
	assert_int_equal(slots.slot[NEW].state, SLOT_BAD);
	assert_int_equal(offer(&slots, image_of(2, 12, 7)), SLOT_KNOWN_BAD);
	assert_int_equal(offer(&slots, image_of(3, 12, 7)), SLOT_OK);
}

static void
test_slot_power_cuts_are_no_verdict_and_shelve_at_last(void **state)
{
	struct slots slots;

	(void)state;
	begin_trial(&slots, TRIAL_KEXEC);
	for (unsigned i = 1; i < SLOT_TRIES; i++) {
		assert_int_equal(simple(&slots, SLOT_JUMP, OLD), SLOT_TRIAL_OPEN);
		assert_int_equal(simple(&slots, SLOT_BACK, OLD), SLOT_OK);
		assert_int_equal(slots.slot[NEW].tries, i);
		assert_int_equal(simple(&slots, SLOT_JUMP, OLD), SLOT_OK);
	}
	assert_int_equal(simple(&slots, SLOT_BACK, OLD), SLOT_OK);
	assert_int_equal(slots.slot[NEW].state, SLOT_STAGED);
	assert_false(slot_is_refused(&slots, slots.slot[NEW].image.hash));
	assert_int_equal(step(&slots, (struct slot_input){.event = SLOT_ARM,
					      .slot = NEW,
					      .ways = TRIAL_KEXEC}),
		SLOT_SHELVED);
	assert_int_equal(step(&slots, (struct slot_input){.event = SLOT_ARM,
					      .slot = NEW,
					      .ways = TRIAL_KEXEC,
					      .again = true}),
		SLOT_OK);
	assert_int_equal(slots.slot[NEW].tries, 0);
}

static void
test_slot_cold_trial_wants_a_guard(void **state)
{
	struct slots slots = device(SLOT_STAGED);
	struct slot_input input = {.event = SLOT_ARM, .slot = NEW, .ways = TRIAL_COLD};

	(void)state;
	assert_int_equal(step(&slots, input), SLOT_UNGUARDED);
	input.guarded = true;
	assert_int_equal(step(&slots, input), SLOT_OK);
	assert_int_equal(slots.slot[NEW].way, TRIAL_COLD);
	assert_false(slots.slot[NEW].cold_next);
}

static void
test_slot_versions_below_floor_or_default_are_refused(void **state)
{
	struct slots slots = device(SLOT_EMPTY);

	(void)state;
	assert_int_equal(offer(&slots, image_of(3, 4, 0)), SLOT_BELOW_FLOOR);
	assert_int_equal(offer(&slots, image_of(3, 9, 10)), SLOT_BELOW_FLOOR);
	assert_int_equal(offer(&slots, image_of(3, 9, 0)), SLOT_OLDER);
	slots.floor = 0; /* held back by the other slot; the default's own floor counts */
	assert_int_equal(offer(&slots, image_of(3, 4, 0)), SLOT_BELOW_FLOOR);
	assert_int_equal(step(&slots, (struct slot_input){.event = SLOT_BEGIN,
					      .slot = NEW,
					      .running = OLD,
					      .older = true,
					      .image = image_of(3, 9, 0)}),
		SLOT_OK);
	assert_int_equal(offer(&slots, image_of(1, 12, 0)), SLOT_SAME);
}

static void
test_slot_nothing_is_installed_over_a_trial_or_what_runs(void **state)
{
	struct slots slots = device(SLOT_TRYING);

	(void)state;
	assert_int_equal(offer(&slots, image_of(3, 12, 0)), SLOT_TRIAL_OPEN);
	slots = device(SLOT_STAGED);
	assert_int_equal(simple(&slots, SLOT_BEGIN, NEW), SLOT_IN_USE);
	assert_int_equal(step(&slots, (struct slot_input){.event = SLOT_BEGIN,
					      .slot = OLD,
					      .running = NEW,
					      .image = image_of(3, 12, 0)}),
		SLOT_NOT_CONFIRMED);
	assert_int_equal(step(&slots, (struct slot_input){.event = SLOT_BEGIN,
					      .slot = OLD,
					      .running = SLOT_NONE,
					      .image = image_of(3, 12, 0)}),
		SLOT_LAST_GOOD);
}

static void
test_slot_revert_of_a_trial_and_of_the_default(void **state)
{
	struct slots slots = device(SLOT_TRYING);

	(void)state;
	assert_int_equal(simple(&slots, SLOT_REVERT, OLD), SLOT_OK);
	assert_int_equal(slots.slot[NEW].state, SLOT_STAGED);
	assert_int_equal(simple(&slots, SLOT_REVERT, OLD), SLOT_LAST_GOOD);
	begin_trial(&slots, TRIAL_KEXEC);
	assert_int_equal(simple(&slots, SLOT_REVERT, NEW), SLOT_OK);
	assert_int_equal(slots.slot[NEW].state, SLOT_BAD);
	begin_trial(&slots, TRIAL_KEXEC);
	assert_int_equal(simple(&slots, SLOT_HEALTHY, NEW), SLOT_OK);
	assert_int_equal(simple(&slots, SLOT_REVERT, NEW), SLOT_OK);
	assert_int_equal(slots.chosen, OLD);
	assert_int_equal(slots.slot[NEW].state, SLOT_GOOD);
	assert_true(slot_is_refused(&slots, slots.slot[NEW].image.hash));
	/* and forward again: the list is about the one that is not wanted */
	assert_int_equal(simple(&slots, SLOT_REVERT, OLD), SLOT_OK);
	assert_int_equal(slots.chosen, NEW);
	assert_false(slot_is_refused(&slots, slots.slot[NEW].image.hash));
}

static void
test_slot_damage_moves_the_default_but_never_takes_the_last(void **state)
{
	struct slots slots = device(SLOT_GOOD);
	bool usable[] = {false, true}, trial;

	(void)state;
	assert_int_equal(slot_pick(&slots, usable, &trial), NEW);
	usable[NEW] = false;
	assert_int_equal(slot_pick(&slots, usable, &trial), SLOT_NONE);
	assert_int_equal(
		step(&slots, (struct slot_input){.event = SLOT_LOST, .slot = OLD}),
		SLOT_OK);
	assert_int_equal(slots.chosen, NEW);
	assert_int_equal(simple(&slots, SLOT_LOST, NEW), SLOT_LAST_GOOD);
	/* The default's bytes are gone, a staged image was booted in its place. */
	slots = device(SLOT_STAGED);
	usable[NEW] = true;
	assert_int_equal(slot_pick(&slots, usable, &trial), NEW);
	assert_false(trial);
	assert_int_equal(step(&slots, (struct slot_input){.event = SLOT_ADOPT,
					      .slot = NEW,
					      .image = slots.slot[NEW].image}),
		SLOT_LAST_GOOD);
	assert_int_equal(step(&slots, (struct slot_input){.event = SLOT_ADOPT,
					      .slot = NEW,
					      .lost = true,
					      .image = slots.slot[NEW].image}),
		SLOT_OK);
	assert_int_equal(slots.slot[OLD].state, SLOT_EMPTY);
	assert_int_equal(slots.chosen, NEW);
}

static void
test_slot_lost_state_is_adopted_with_the_images_floor(void **state)
{
	struct slots slots;
	const bool usable[] = {true, true};
	bool trial;

	(void)state;
	slot_init(&slots);
	assert_int_equal(slot_pick(&slots, usable, &trial), 0);
	slots.slot[OLD].state = SLOT_BAD;
	assert_int_equal(slot_pick(&slots, usable, &trial), NEW);
	slots.slot[OLD].state = SLOT_EMPTY;
	assert_int_equal(step(&slots, (struct slot_input){.event = SLOT_ADOPT,
					      .slot = NEW,
					      .image = image_of(9, 12, 8)}),
		SLOT_OK);
	assert_true(slots.floor == 8);
	assert_int_equal(slots.chosen, NEW);
}

static void
test_slot_oldest_refused_image_is_forgotten(void **state)
{
	struct slots slots;

	(void)state;
	for (uint8_t i = 0; i <= SLOT_REFUSED; i++) {
		struct slots next;

		begin_trial(&next, TRIAL_KEXEC);
		if (i > 0) {
			memcpy(next.refused, slots.refused, sizeof(next.refused));
			next.refused_count = slots.refused_count;
		}
		slots = next;
		slots.slot[NEW].image = image_of((uint8_t)(100 + i), 11, 7);
		assert_int_equal(step(&slots, (struct slot_input){.event = SLOT_BACK,
						      .evidence = true}),
			SLOT_OK);
	}
	assert_int_equal(slots.refused_count, SLOT_REFUSED);
	assert_false(slot_is_refused(&slots, image_of(100, 0, 0).hash));
	assert_true(slot_is_refused(&slots, image_of(101, 0, 0).hash));
	assert_true(slot_is_refused(&slots, image_of(100 + SLOT_REFUSED, 0, 0).hash));
}

static void
test_slot_states_that_no_event_makes_are_not_sane(void **state)
{
	struct slots slots;

	(void)state;
#define INSANE(of, change)                                                               \
	do {                                                                             \
		slots = device(of);                                                      \
		assert_true(slot_sane(&slots));                                          \
		change;                                                                  \
		assert_false(slot_sane(&slots));                                         \
	} while (0)
	INSANE(SLOT_EMPTY, slots.floor = 11);
	INSANE(SLOT_EMPTY, slots.chosen = NEW);
	INSANE(SLOT_EMPTY, slots.chosen = SLOT_NONE);
	INSANE(SLOT_EMPTY, slots.chosen = SLOT_NONE + 1);
	INSANE(SLOT_EMPTY, slots.refused_count = SLOT_REFUSED + 1);
	INSANE(SLOT_EMPTY, slots.slot[NEW].image.version = 1);
	INSANE(SLOT_EMPTY, slots.slot[NEW].jumped = true);
	INSANE(SLOT_STAGED, slots.slot[NEW].image.floor = 12);
	INSANE(SLOT_STAGED, slots.slot[NEW].tries = SLOT_TRIES - 1);
	INSANE(SLOT_GOOD, slots.slot[NEW].tries = SLOT_TRIES);
	INSANE(SLOT_BAD, slots.slot[NEW].way = TRIAL_COLD);
	INSANE(SLOT_TRYING, slots.slot[NEW].way = TRIAL_KEXEC | TRIAL_COLD);
	INSANE(SLOT_TRYING, slots.slot[NEW].jumped = true);
	INSANE(SLOT_TRYING, slots.slot[NEW].tries = SLOT_TRIES);
	INSANE(SLOT_TRYING,
		(slots.slot[NEW].way = TRIAL_COLD, slots.slot[NEW].cold_next = true));
	INSANE(SLOT_TRYING,
		(slots.slot[OLD] = slots.slot[NEW], slots.chosen = SLOT_NONE));
#undef INSANE
}

static void
test_slot_every_name_and_text_is_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < SLOT_STATES; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(slot_state_name((enum slot_state)i),
				slot_state_name((enum slot_state)k));
	for (int i = 0; i < SLOT_REFUSALS; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(slot_refusal_text((enum slot_refusal)i),
				slot_refusal_text((enum slot_refusal)k));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slot_update_by_kexec_and_cold_start_ends_good),
		cmocka_unit_test(test_slot_evidence_makes_bad_and_is_remembered),
		cmocka_unit_test(test_slot_power_cuts_are_no_verdict_and_shelve_at_last),
		cmocka_unit_test(test_slot_cold_trial_wants_a_guard),
		cmocka_unit_test(test_slot_versions_below_floor_or_default_are_refused),
		cmocka_unit_test(
			test_slot_nothing_is_installed_over_a_trial_or_what_runs),
		cmocka_unit_test(test_slot_revert_of_a_trial_and_of_the_default),
		cmocka_unit_test(
			test_slot_damage_moves_the_default_but_never_takes_the_last),
		cmocka_unit_test(test_slot_lost_state_is_adopted_with_the_images_floor),
		cmocka_unit_test(test_slot_oldest_refused_image_is_forgotten),
		cmocka_unit_test(test_slot_states_that_no_event_makes_are_not_sane),
		cmocka_unit_test(test_slot_every_name_and_text_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
