/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The builder's objects are linked in, pid1's are not; the machine needs nothing else. */
#include "../../pid1/service.c"

/*
 * Every state x event: "state action", as written down from docs/pid1.8 and not from the
 * table;
 * "-" is ignored. Columns: READY STARTED FAILED EXITED DIED EMPTY TIMER STOP. The service
 * has Restart=no, so that an end leads to FINISHED or FAILED.
 */
static const char *const want[SERVICE_STATES][EVENT_COUNT] = {
	[SERVICE_WAITING] = {"starting start", "-", "-", "-", "-", "-", "-", "stopped"},
	[SERVICE_STARTING] = {"-", "running", "failed", "clearing kill", "clearing kill",
		"-", "-", "stopping term"},
	[SERVICE_RUNNING] = {"-", "-", "-", "clearing kill", "clearing kill", "-", "-",
		"stopping term"},
	[SERVICE_CLEARING] = {"-", "-", "-", "-", "-", "finished", "finished abandon",
		"ending kill"},
	[SERVICE_PAUSED] = {"-", "-", "-", "-", "-", "-", "starting start", "stopped"},
	[SERVICE_STOPPING] = {"-", "-", "-", "ending kill", "ending kill", "-",
		"killing kill", "-"},
	[SERVICE_KILLING] = {"-", "-", "-", "ending kill", "ending kill", "-",
		"stopped abandon", "-"},
	[SERVICE_ENDING] = {"-", "-", "-", "-", "-", "stopped", "stopped abandon", "-"},
	[SERVICE_FINISHED] = {"-", "-", "-", "-", "-", "-", "-", "stopped"},
	[SERVICE_FAILED] = {"-", "-", "-", "-", "-", "-", "-", "stopped"},
	[SERVICE_STOPPED] = {"-", "-", "-", "-", "-", "-", "-", "-"},
};

static const char *const action_names[] = {
	[ACTION_NONE] = "",
	[ACTION_START] = " start",
	[ACTION_TERM] = " term",
	[ACTION_KILL] = " kill",
	[ACTION_ABANDON] = " abandon",
};

static void
test_service_every_state_and_event(void **state)
{
	const struct config_service config = {.restart = RESTART_NO};

	(void)state;
	for (int s = 0; s < SERVICE_STATES; s++) {
		for (int event = 0; event < EVENT_COUNT; event++) {
			struct service service = {
				.state = (enum service_state)s, .ok = true};
			const struct service before = service;
			struct service_decision decision;
			char got[64] = "-";

			if (service_step(&service, &config, (enum service_event)event, 5,
				    &decision)) {
				strcpy(got, service_state_name(service.state));
				strcat(got, action_names[decision.action]);
			} else {
				assert_memory_equal(&service, &before, sizeof(service));
			}
			assert_string_equal(got, want[s][event]);
		}
	}
}

/* Runs once, from WAITING to its end by `event`; the delay of the restart, or
 * SERVICE_NO_TIMER. */
static uint64_t
run_once(struct service *service, const struct config_service *config, uint64_t *now,
	uint64_t runs_ms, enum service_event end)
{
	struct service_decision decision;
	enum service_event start =
		service->state == SERVICE_WAITING ? EVENT_READY : EVENT_TIMER;

	assert_true(service_step(service, config, start, *now, &decision));
	assert_int_equal(decision.action, ACTION_START);
	assert_true(service_step(service, config, EVENT_STARTED, *now, &decision));
	*now += runs_ms;
	assert_true(service_step(service, config, end, *now, &decision));
	assert_int_equal(decision.action, ACTION_KILL);
	assert_true(service_step(service, config, EVENT_EMPTY, *now, &decision));
	return decision.delay_ms;
}

static void
test_service_that_exits_at_once_never_spins(void **state)
{
	static const uint64_t delays[] = {0, 100, 200, 400, 800, 1600, 3200, 6400, 12800,
		25600, 30000, 30000, 30000};
	const struct config_service config = {.restart = RESTART_ALWAYS, .restart_ms = 0};
	struct service service = {0};
	uint64_t now = 1000;

	(void)state;
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		uint64_t delay = run_once(&service, &config, &now, 0, EVENT_EXITED);

		assert_true(delay == delays[i]);
		now += delay;
	}
	/* once it has run long enough, the next restart is quick again */
	assert_true(
		run_once(&service, &config, &now, SERVICE_STABLE_MS, EVENT_DIED) == 0);
	assert_true(run_once(&service, &config, &now, SERVICE_STABLE_MS - 1,
			    EVENT_DIED) == 100);
}

static void
test_service_restart_delay_is_kept_and_doubled(void **state)
{
	struct config_service config = {.restart = RESTART_ALWAYS, .restart_ms = 1000};
	struct service service = {0};
	uint64_t now = 0;

	(void)state;
	assert_true(run_once(&service, &config, &now, 0, EVENT_DIED) == 1000);
	assert_true(run_once(&service, &config, &now, 0, EVENT_DIED) == 2000);
	assert_true(run_once(&service, &config, &now, 0, EVENT_DIED) == 4000);
	/* what the file says is never cut short */
	config.restart_ms = 120000;
	service = (struct service){0};
	assert_true(run_once(&service, &config, &now, 0, EVENT_DIED) == 120000);
	assert_true(run_once(&service, &config, &now, 0, EVENT_DIED) == 120000);
	service.restarts = UINT32_MAX;
	assert_true(run_once(&service, &config, &now, 0, EVENT_DIED) == 120000);
	assert_int_equal(service.restarts, UINT32_MAX);
}

static void
test_service_restart_policy(void **state)
{
	static const struct {
		uint8_t restart; /* enum service_restart */
		enum service_event end;
		enum service_state next;
	} cases[] = {
		{RESTART_NO, EVENT_EXITED, SERVICE_FINISHED},
		{RESTART_NO, EVENT_DIED, SERVICE_FAILED},
		{RESTART_ON_FAILURE, EVENT_EXITED, SERVICE_FINISHED},
		{RESTART_ON_FAILURE, EVENT_DIED, SERVICE_PAUSED},
		{RESTART_ALWAYS, EVENT_EXITED, SERVICE_PAUSED},
		{RESTART_ALWAYS, EVENT_DIED, SERVICE_PAUSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct config_service config = {.restart = cases[i].restart};
		struct service service = {0};
		uint64_t now = 0;

		run_once(&service, &config, &now, 1, cases[i].end);
		assert_int_equal(service.state, cases[i].next);
		assert_int_equal(
			service_settled(&service), cases[i].next != SERVICE_PAUSED);
	}
}

static void
test_service_that_cannot_be_made_is_tried_again(void **state)
{
	const struct config_service config = {.restart = RESTART_ON_FAILURE};
	struct service service = {0};
	struct service_decision decision;

	(void)state;
	assert_true(service_step(&service, &config, EVENT_READY, 0, &decision));
	assert_true(service_step(&service, &config, EVENT_FAILED, 0, &decision));
	assert_int_equal(service.state, SERVICE_PAUSED);
	assert_true(decision.delay_ms == 0);
}

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
	bool main_lives, abandoned, stopped, armed;
	uint64_t now, seed;
};

static bool
believes_main(enum service_state state)
{
	return state == SERVICE_STARTING || state == SERVICE_RUNNING ||
	       state == SERVICE_STOPPING || state == SERVICE_KILLING;
}

static void
check_world(const struct world *w)
{
	enum service_state state = w->service.state;

	/* no exit is lost, and none is made up */
	if (believes_main(state))
		assert_true(w->main_lives);
	else
		assert_true(!w->main_lives || w->abandoned);
	/* what waits for something that may never come has a timer */
	if (state == SERVICE_CLEARING || state == SERVICE_PAUSED ||
		state == SERVICE_STOPPING || state == SERVICE_KILLING ||
		state == SERVICE_ENDING)
		assert_true(w->armed);
}

static void
feed(struct world *w, enum service_event event)
{
	struct service_decision decision;

	if (event == EVENT_EXITED || event == EVENT_DIED)
		w->main_lives = false;
	if (event == EVENT_TIMER)
		w->armed = false;
	if (event == EVENT_STOP)
		w->stopped = true;
	if (!service_step(&w->service, &w->config, event, w->now, &decision))
		return;
	w->armed = decision.delay_ms != SERVICE_NO_TIMER;
	if (decision.action == ACTION_ABANDON && w->main_lives)
		w->abandoned = true;
	if (decision.action == ACTION_START) {
		assert_false(w->main_lives); /* never two main processes */
		assert_false(w->stopped); /* nothing starts in a stop */
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
	if ((event == EVENT_EXITED || event == EVENT_DIED || event == EVENT_STARTED) &&
		!w->main_lives)
		return;
	if ((event == EVENT_TIMER && !w->armed) || event == EVENT_FAILED)
		return;
	if (event == EVENT_STOP && next_random(&w->seed) % stop_odds != 0)
		return;
	feed(w, event);
}

static void
test_service_random_events_hold_the_invariants(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		struct world w = {.seed = next_random(&seed)};
		uint64_t bits = next_random(&w.seed);
		unsigned left = 8;

		w.config.restart = (uint8_t)(bits % SERVICE_RESTARTS);
		w.config.restart_ms = (bits >> 8) % 60000;
		for (uint64_t n = 8 + (bits >> 32) % 24; n > 0; n--)
			feed_random(&w, 8);
		/* A stop ends, whatever the processes do: by timers alone. */
		feed(&w, EVENT_STOP);
		while (!service_settled(&w.service)) {
			assert_true(w.armed);
			feed(&w, EVENT_TIMER);
			assert_true(left-- > 0);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_every_state_and_event),
		cmocka_unit_test(test_service_that_exits_at_once_never_spins),
		cmocka_unit_test(test_service_restart_delay_is_kept_and_doubled),
		cmocka_unit_test(test_service_restart_policy),
		cmocka_unit_test(test_service_that_cannot_be_made_is_tried_again),
		cmocka_unit_test(test_service_random_events_hold_the_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
