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

/* What the machine's decisions do to the world around it. */
struct world {
	struct service service;
	struct config_service config;
	bool main_lives, stopped, armed;
	uint64_t now, seed;
};

static void
check_world(const struct world *w)
{
	enum service_state state = w->service.state;

	/* no exit is lost, and none is made up */
	assert_int_equal(service_has_main(&w->service), w->main_lives);
	/* what waits for something that may never come has a timer */
	if (state == SERVICE_STARTING || state == SERVICE_ACTIVATING ||
		state == SERVICE_CLEARING || state == SERVICE_PAUSED ||
		state == SERVICE_STOPPING || state == SERVICE_KILLING)
		assert_true(w->armed);
}

static void
feed(struct world *w, enum service_event event)
{
	struct service_decision decision;

	if (event == EVENT_EXITED || event == EVENT_UNCLEAN || event == EVENT_KILLED)
		w->main_lives = false;
	if (event == EVENT_TIMER)
		w->armed = false;
	if (event == EVENT_STOP)
		w->stopped = true;
	if (event == EVENT_START || event == EVENT_AGAIN)
		w->stopped = false;
	if (!service_step(&w->service, &w->config, event, w->now, &decision))
		return;
	if (!decision.keep)
		w->armed = decision.delay_ms != SERVICE_NO_TIMER;
	if (decision.action == ACTION_START) {
		assert_false(w->main_lives); /* never two main processes */
		assert_false(w->stopped); /* nothing starts after a stop */
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
	if ((event == EVENT_EXITED || event == EVENT_UNCLEAN || event == EVENT_KILLED ||
		    event == EVENT_STARTED || event == EVENT_READY) &&
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

static void
test_service_random_events_hold_the_invariants(void **state)
{
	unsigned seen[SERVICE_STATES] = {0};
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		struct world w = {.seed = next_random(&seed)};
		uint64_t n = 8 + next_random(&w.seed) % 40;
		unsigned left = 8;

		draw_config(&w);
		feed(&w, EVENT_START);
		feed(&w, EVENT_GO);
		while (n-- > 0) {
			feed_random(&w, 8);
			seen[w.service.state]++;
		}
		/* A stop ends, whatever the processes do: by timers alone. */
		feed(&w, EVENT_STOP);
		while (!service_settled(&w.service)) {
			assert_true(w.armed);
			feed(&w, EVENT_TIMER);
			assert_true(left-- > 0);
		}
	}
	/* The strings went everywhere. */
	for (size_t i = 0; i < SERVICE_STATES; i++)
		assert_true(seen[i] > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_random_events_hold_the_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
