/* SPDX-License-Identifier: ISC */
/* The invariants of service.h under a million random strings of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pid1/service/budget.c"
#include "pid1/service/service.c"

/* splitmix64, public domain: the same strings on every machine. */
static uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

#define STARTS 64

/* What the machine's decisions do to the world around it. */
struct world {
	struct service service;
	struct config_service config;
	bool main_lives, stopped, armed;
	bool executed, ready; /* this run: exec was seen, it said that it is ready */
	uint64_t starts[STARTS]; /* since it was last forgiven */
	size_t start_count;
	uint64_t delay_ms; /* of the timer */
	uint64_t now, seed;
};

static bool
is_end(enum service_event event)
{
	return event == EVENT_EXITED || event == EVENT_UNCLEAN || event == EVENT_KILLED;
}

static void
check_world(const struct world *w)
{
	enum service_state state = w->service.state;
	enum service_result result = w->service.result;

	/* no exit is lost, and none is made up */
	assert_int_equal(service_has_main(&w->service), w->main_lives);
	/* what waits for something that may never come has a timer */
	if (state == SERVICE_STARTING || state == SERVICE_ACTIVATING ||
		state == SERVICE_CLEARING || state == SERVICE_PAUSED ||
		state == SERVICE_STOPPING || state == SERVICE_KILLING)
		assert_true(w->armed);
	/* it runs once it said so, if it is one that says so; a oneshot never does */
	if (state == SERVICE_RUNNING)
		assert_true(w->config.type == SERVICE_NOTIFY   ? w->ready
			    : w->config.type == SERVICE_SIMPLE ? w->executed
							       : false);
	/* what has failed can say why */
	if (state == SERVICE_FAILED)
		assert_true(result != RESULT_NONE && result != RESULT_SUCCESS);
}

/* A new run: within StartLimitIntervalSec= there are never more than StartLimitBurst=. */
static void
check_start(struct world *w)
{
	const struct config_life *life = &w->config.life;
	unsigned within = 1;

	assert_false(w->main_lives); /* never two main processes */
	assert_false(w->stopped); /* nothing starts after a stop */
	for (size_t i = 0; i < w->start_count; i++)
		within += w->now - w->starts[i] < life->limit_ms;
	assert_true(life->limit_ms == 0 || within <= life->limit_burst);
	assert_true(w->start_count < STARTS);
	w->starts[w->start_count++] = w->now;
	w->executed = w->ready = false;
}

/* What an event that the machine takes must lead to. */
static void
check_step(struct world *w, enum service_event event, enum service_state old,
	const struct service_decision *decision)
{
	const struct config_life *life = &w->config.life;
	enum service_state state = w->service.state;

	/* nothing of a run is left behind by its end */
	if (is_end(event))
		assert_int_equal(decision->action, ACTION_KILL);
	if (decision->action == ACTION_ABANDON)
		assert_true(old == SERVICE_KILLING || old == SERVICE_CLEARING);
	/* each way down has the time that it was given, once */
	if (state == SERVICE_STOPPING && old != state)
		assert_true(decision->delay_ms == life->stop_ms);
	if (old == SERVICE_STOPPING || old == SERVICE_KILLING || old == SERVICE_CLEARING)
		assert_true(state != old || decision->keep);
	if (state == SERVICE_PAUSED && old != state)
		assert_true(decision->delay_ms >= life->restart_ms ||
			    decision->delay_ms == life->restart_most_ms);
	if (event == EVENT_START || event == EVENT_AGAIN)
		w->start_count = 0;
}

static void
feed(struct world *w, enum service_event event)
{
	const enum service_state old = w->service.state;
	struct service_decision decision;
	bool lived = w->main_lives;

	if (is_end(event))
		w->main_lives = false;
	if (event == EVENT_TIMER)
		w->armed = false;
	if (event == EVENT_STOP)
		w->stopped = true;
	if (event == EVENT_START || event == EVENT_AGAIN)
		w->stopped = false;
	if (event == EVENT_STARTED)
		w->executed = true;
	if (event == EVENT_READY)
		w->ready = true;
	if (!service_step(&w->service, &w->config, event, w->now, &decision)) {
		assert_false(is_end(event) && lived);
		assert_int_equal(w->service.state, old);
		return;
	}
	check_step(w, event, old, &decision);
	if (!decision.keep) {
		w->armed = decision.delay_ms != SERVICE_NO_TIMER;
		w->delay_ms = decision.delay_ms;
	}
	if (decision.action == ACTION_START) {
		assert_int_equal(event, EVENT_GO); /* after what it waits for */
		check_start(w);
		if (next_random(&w->seed) % 4 == 0) {
			feed(w, EVENT_FAILED);
			return;
		}
		w->main_lives = true;
	}
	check_world(w);
}

/* An event that can happen in this world; a process that ignores every signal is in it,
 * too. */
static void
feed_random(struct world *w, unsigned stop_odds)
{
	enum service_event event =
		(enum service_event)(next_random(&w->seed) % EVENT_COUNT);

	w->now += next_random(&w->seed) % 4000;
	if ((is_end(event) || event == EVENT_STARTED || event == EVENT_READY) &&
		!w->main_lives)
		return;
	if ((event == EVENT_TIMER && !w->armed) || event == EVENT_FAILED)
		return;
	if ((event == EVENT_STOP || event == EVENT_LOST || event == EVENT_LEAVING) &&
		next_random(&w->seed) % stop_odds != 0)
		return;
	feed(w, event);
}

static void
draw_config(struct world *w)
{
	struct config_life *life = &w->config.life;

	w->config.type = (uint8_t)(next_random(&w->seed) % SERVICE_TYPES);
	w->config.restart = (uint8_t)(next_random(&w->seed) % SERVICE_RESTARTS);
	life->restart_ms = next_random(&w->seed) % 60000;
	life->restart_most_ms = next_random(&w->seed) % 60000;
	life->start_ms = 1 + next_random(&w->seed) % 90000;
	life->stop_ms = 1 + next_random(&w->seed) % 90000;
	life->watchdog_ms = next_random(&w->seed) % 2 * 1000;
	life->limit_burst = (uint8_t)(1 + next_random(&w->seed) % BUDGET_MOST);
	life->limit_ms = next_random(&w->seed) % 2 * 100000;
}

/* A stop ends, whatever the processes do, by timers alone, and in the time that they give.
 * A process that only ends later is noticed then. */
static void
stop_all(struct world *w)
{
	uint64_t most = w->config.life.stop_ms + UINT64_C(2) * SERVICE_KILL_MS;
	uint64_t waited = 0;

	feed(w, EVENT_STOP);
	while (!service_settled(&w->service)) {
		assert_true(w->armed);
		waited += w->delay_ms;
		assert_true(waited <= most);
		w->now += w->delay_ms;
		feed(w, EVENT_TIMER);
	}
	if (w->service.state != SERVICE_STUCK)
		return;
	feed(w, EVENT_KILLED);
	assert_int_equal(w->service.state, SERVICE_CLEARING);
	feed(w, EVENT_TIMER);
	assert_int_equal(w->service.state, SERVICE_INACTIVE);
}

static void
test_service_random_events_hold_the_invariants(void **state)
{
	unsigned seen[SERVICE_STATES] = {0}, stuck = 0;
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		struct world w = {.seed = next_random(&seed)};
		uint64_t n = 8 + next_random(&w.seed) % 40;

		draw_config(&w);
		feed(&w, EVENT_START);
		feed(&w, EVENT_GO);
		while (n-- > 0) {
			feed_random(&w, 8);
			seen[w.service.state]++;
		}
		stuck += w.main_lives;
		stop_all(&w);
		assert_false(w.main_lives);
	}
	/* The strings went everywhere. */
	for (size_t i = 0; i < SERVICE_STATES; i++)
		assert_true(seen[i] > 1000);
	assert_true(stuck > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_random_events_hold_the_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
