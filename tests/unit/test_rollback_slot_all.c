/* SPDX-License-Identifier: ISC */
/* The invariants of lib/slot.h: all states x events, and random strings of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "slots.h"

#define LIVES 64 /* at most so many ways for one slot to be */

static unsigned long states, steps, accepted;
static bool seen[SLOT_EVENTS][SLOT_STATES][SLOT_STATES];

/* Feeds one event to a copy. */
static void
check_step(const struct slots *slots, struct slot_input input)
{
	struct slots after = *slots;
	const char *broken;

	steps++;
	if (slot_step(&after, &input) != SLOT_OK) {
		assert_memory_equal(&after, slots, sizeof(after));
		return;
	}
	accepted++;
	for (uint8_t i = 0; i < SLOT_COUNT; i++)
		seen[input.event][slots->slot[i].state][after.slot[i].state] = true;
	broken = broken_rule(slots, &after, &input);
	if (broken)
		fail_msg("event %d broke: %s", (int)input.event, broken);
}

/* Every input that differs in what its event looks at. */
static void
check_events(const struct slots *slots)
{
	for (unsigned bits = 0; bits < 2 * 3 * 4 * 4; bits++) {
		struct slot_input input = {
			.slot = bits % 2,
			.running = (uint8_t)(bits / 2 % 3),
			.ways = bits / 6 % 4,
			.guarded = bits / 24 % 2 == 1,
			.again = bits / 48 == 1,
		};

		input.event = SLOT_ARM;
		check_step(slots, input);
		if (input.ways != 0 || input.again)
			continue;
		input.evidence = input.lost = input.older = input.guarded;
		for (input.event = 0; input.event < SLOT_EVENTS; input.event++)
			for (uint8_t image = 0; image < 4; image++) {
				/* 0 and 1 are what the slots hold */
				input.image = image < 2 ? slots->slot[image].image
							: image_of(image + 1, image, 1);
				input.clock = image;
				if (input.event != SLOT_ARM)
					check_step(slots, input);
			}
	}
}

static unsigned
make_lives(struct slot life[LIVES])
{
	unsigned n = 0;

	for (unsigned bits = 0; bits < SLOT_STATES * 4 * 2 * 2 * (SLOT_TRIES + 1);
		bits++) {
		struct slots alone;
		struct slot slot = {
			.state = (enum slot_state)(bits % SLOT_STATES),
			.way = bits / SLOT_STATES % 4,
			.cold_next = bits / SLOT_STATES / 4 % 2 == 1,
			.jumped = bits / SLOT_STATES / 8 % 2 == 1,
			.tries = (uint8_t)(bits / SLOT_STATES / 16),
		};

		slot_init(&alone);
		alone.slot[0] = slot;
		alone.chosen = slot.state == SLOT_GOOD ? 0 : SLOT_NONE;
		if (!slot_sane(&alone))
			continue;
		assert_true(n < LIVES);
		life[n++] = slot;
	}
	return n;
}

/* The versions, the floor and the list around two given lives. */
static void
check_around(struct slots *slots)
{
	static const uint64_t version[3][2] = {{1, 0}, {2, 1}, {3, 3}};
	static const uint64_t floors[3] = {0, 1, 3};

	for (unsigned bits = 0; bits < 3 * 3 * 3 * 2 * 3; bits++) {
		struct slots s = *slots;

		for (uint8_t i = 0; i < SLOT_COUNT; i++) {
			const uint64_t *v = version[i ? bits / 3 % 3 : bits % 3];

			if (s.slot[i].state != SLOT_EMPTY)
				s.slot[i].image = image_of((uint8_t)(i + 1), v[0], v[1]);
		}
		s.floor = floors[bits / 9 % 3];
		s.refused_count = bits / 27 % 2 ? 3 : 0;
		for (uint8_t i = 0; i < s.refused_count; i++)
			memset(s.refused[i], i + 1, SLOT_HASH);
		s.chosen = (uint8_t)(bits / 54);
		if (!slot_sane(&s))
			continue;
		states++;
		check_events(&s);
	}
}

static void
test_slot_all_states_and_events_hold_the_invariants(void **state)
{
	/* What a slot may become, by any event; SLOT_EMPTY ... SLOT_BAD. */
	static const bool may[SLOT_STATES][SLOT_STATES] = {
		[SLOT_EMPTY] = {1, 1, 0, 0, 1, 0},
		[SLOT_WRITING] = {1, 1, 1, 0, 1, 0},
		[SLOT_STAGED] = {1, 1, 1, 1, 1, 0},
		[SLOT_TRYING] = {1, 0, 1, 1, 1, 1},
		[SLOT_GOOD] = {1, 1, 0, 0, 1, 0},
		[SLOT_BAD] = {1, 1, 0, 0, 1, 1},
	};
	struct slot life[LIVES];
	unsigned n = make_lives(life);

	(void)state;
	for (unsigned i = 0; i < n * n; i++) {
		struct slots slots;

		slot_init(&slots);
		slots.slot[0] = life[i / n];
		slots.slot[1] = life[i % n];
		check_around(&slots);
	}
	print_message("# %u lives of a slot, %lu states, %lu steps, %lu accepted\n", n,
		states, steps, accepted);
	for (int from = 0; from < SLOT_STATES; from++)
		for (int to = 0; to < SLOT_STATES; to++) {
			bool any = false;

			for (int e = 0; e < SLOT_EVENTS; e++)
				any = any || seen[e][from][to];
			if (any != may[from][to])
				fail_msg("%s -> %s: %d",
					slot_state_name((enum slot_state)from),
					slot_state_name((enum slot_state)to), any);
		}
}

/* A device that is only ever fed what can happen to it. */
struct world {
	struct slots slots;
	uint64_t seed;
	uint8_t running;
	unsigned attempts; /* since the last ARM or proof */
	bool ever_good;
};

static void
boot(struct world *w)
{
	const bool usable[] = {true, true};
	uint8_t slot;
	bool trial;

	slot = slot_pick(&w->slots, usable, &trial);
	if (trial) {
		struct slot_input input = {.event = SLOT_JUMP, .slot = slot};

		assert_int_equal(slot_step(&w->slots, &input), SLOT_OK);
		w->attempts++;
	} else if (w->ever_good) {
		assert_int_equal(w->slots.slot[slot].state, SLOT_GOOD);
	}
	w->running = slot;
}

static void
feed(struct world *w)
{
	uint64_t dice = next_random(&w->seed);
	struct slots before = w->slots;
	struct slot_input input = {
		.event = (enum slot_event)(dice % SLOT_EVENTS),
		.slot = dice >> 8 & 1,
		.running = w->running,
		.ways = dice >> 9 & 3,
		.guarded = dice >> 11 & 1,
		.again = dice >> 12 & 1,
		.older = dice >> 13 & 1,
		.evidence = (dice >> 14 & 3) == 0,
		.clock = (int64_t)(dice >> 16 & 0xff),
		.image = image_of((uint8_t)(dice >> 24 & 0x1f), dice >> 32 & 7, 0),
	};
	const char *broken;

	input.image.floor = input.image.version / 2;
	/* Only what runs is adopted, and a running slot's bytes are there. */
	if ((input.event == SLOT_ADOPT && input.slot != w->running) ||
		(input.event == SLOT_LOST && input.slot == w->running))
		return;
	if (input.event == SLOT_ADOPT && w->slots.slot[input.slot].state != SLOT_EMPTY)
		input.image = w->slots.slot[input.slot].image;
	input.lost = input.event == SLOT_ADOPT;
	if (slot_step(&w->slots, &input) != SLOT_OK) {
		assert_memory_equal(&w->slots, &before, sizeof(before));
		return;
	}
	broken = broken_rule(&before, &w->slots, &input);
	if (broken)
		fail_msg("event %d broke: %s", (int)input.event, broken);
	if (input.event == SLOT_ARM || input.event == SLOT_HEALTHY)
		w->attempts = 0;
	if (input.event == SLOT_JUMP) {
		w->attempts++;
		w->running = input.slot; /* by kexec */
	}
	if (w->slots.chosen != SLOT_NONE)
		w->ever_good = true;
}

static void
test_slot_random_events_hold_the_invariants(void **state)
{
	unsigned long tally[SLOT_STATES] = {0};
	uint64_t seed = 4;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct world w = {.seed = next_random(&seed), .running = SLOT_NONE};

		slot_init(&w.slots);
		for (int n = 0; n < 60; n++) {
			if (next_random(&w.seed) % 8 == 0)
				boot(&w);
			else
				feed(&w);
			assert_true(w.attempts <= SLOT_TRIES);
			assert_true(!w.ever_good || w.slots.chosen != SLOT_NONE);
			tally[w.slots.slot[0].state]++;
		}
	}
	for (size_t i = 0; i < SLOT_STATES; i++)
		assert_true(tally[i] > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slot_all_states_and_events_hold_the_invariants),
		cmocka_unit_test(test_slot_random_events_hold_the_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
