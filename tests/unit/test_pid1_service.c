/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The builder's objects are linked in, pid1's are not; the machine needs nothing else. */
#include "pid1/service/budget.c"
#include "pid1/service/service.c"

/*
 * Every state x event: "state action", written down from the comment in service.h and not
 * from the table; "-" is ignored. The service is of Type=notify with Restart=no, so that
 * a clean end leads to FINISHED, or to FAILED if it was not ready before.
 */
enum { COLUMNS = EVENT_COUNT };
static const char *const events[COLUMNS] = {
	[EVENT_START] = "START",
	[EVENT_GO] = "GO",
	[EVENT_STARTED] = "STARTED",
	[EVENT_FAILED] = "FAILED",
	[EVENT_READY] = "READY",
	[EVENT_ALIVE] = "ALIVE",
	[EVENT_TROUBLE] = "TROUBLE",
	[EVENT_LEAVING] = "LEAVING",
	[EVENT_EXITED] = "EXITED",
	[EVENT_UNCLEAN] = "UNCLEAN",
	[EVENT_KILLED] = "KILLED",
	[EVENT_EMPTY] = "EMPTY",
	[EVENT_TIMER] = "TIMER",
	[EVENT_STOP] = "STOP",
	[EVENT_AGAIN] = "AGAIN",
	[EVENT_LOST] = "LOST",
};

static const struct {
	enum service_state state;
	const char *text; /* EVENT: outcome, the rest is ignored */
} want[] = {
	{SERVICE_INACTIVE, "START waiting; AGAIN waiting;"},
	{SERVICE_WAITING, "GO starting start; STOP inactive; LOST failed;"},
	{SERVICE_STARTING,
		"STARTED activating keep; READY running; FAILED failed; TIMER stopping term;"
		"EXITED clearing kill; UNCLEAN clearing kill; KILLED clearing kill;"
		"STOP stopping term; AGAIN stopping term; LOST stopping term;"
		"LEAVING stopping; TROUBLE stopping abort;"},
	{SERVICE_ACTIVATING,
		"READY running; TIMER stopping term;"
		"EXITED clearing kill; UNCLEAN clearing kill; KILLED clearing kill;"
		"STOP stopping term; AGAIN stopping term; LOST stopping term;"
		"LEAVING stopping; TROUBLE stopping abort;"},
	{SERVICE_RUNNING,
		"ALIVE running; TIMER stopping abort;"
		"EXITED clearing kill; UNCLEAN clearing kill; KILLED clearing kill;"
		"STOP stopping term; AGAIN stopping term; LOST stopping term;"
		"LEAVING stopping; TROUBLE stopping abort;"},
	{SERVICE_STOPPING,
		"EXITED clearing kill; UNCLEAN clearing kill; KILLED clearing kill;"
		"TIMER killing kill; START stopping keep; AGAIN stopping keep;"
		"STOP stopping keep; LOST stopping keep;"},
	{SERVICE_KILLING,
		"EXITED clearing kill; UNCLEAN clearing kill; KILLED clearing kill;"
		"TIMER stuck abandon; START killing keep; AGAIN killing keep;"
		"STOP killing keep; LOST killing keep;"},
	{SERVICE_CLEARING,
		"EMPTY finished; TIMER finished abandon; START clearing keep;"
		"AGAIN clearing keep; STOP clearing keep; LOST clearing keep;"},
	{SERVICE_STUCK,
		"EXITED clearing kill; UNCLEAN clearing kill; KILLED clearing kill;"
		"START stuck keep; AGAIN stuck keep; STOP stuck keep; LOST stuck keep;"},
	{SERVICE_PAUSED,
		"TIMER waiting; START waiting; AGAIN waiting; STOP inactive; LOST failed;"},
	{SERVICE_FINISHED, "START waiting; AGAIN waiting;"},
	{SERVICE_FAILED, "START waiting; AGAIN waiting;"},
};

static const char *const action_names[] = {
	[ACTION_NONE] = "",
	[ACTION_START] = " start",
	[ACTION_TERM] = " term",
	[ACTION_ABORT] = " abort",
	[ACTION_KILL] = " kill",
	[ACTION_ABANDON] = " abandon",
};

/* A machine's life: nothing that a test does not set is in its way. */
static struct config_service
service_of(uint8_t type, uint8_t restart)
{
	return (struct config_service){.type = type,
		.restart = restart,
		.life = {.start_ms = 90000, .stop_ms = 10000, .restart_most_ms = 30000}};
}

/* "READY running" out of the row, or "-". */
static void
cell(const char *row, const char *event, char *out, size_t size)
{
	size_t length = strlen(event);

	snprintf(out, size, "-");
	for (const char *at = row; at;
		at = strchr(at, ';') ? strchr(at, ';') + 1 : NULL) {
		at += strspn(at, " ");
		if (strncmp(at, event, length) == 0 && at[length] == ' ')
			snprintf(out, size, "%.*s", (int)strcspn(at + length + 1, ";"),
				at + length + 1);
	}
}

static void
test_service_every_state_and_event(void **state)
{
	const struct config_service config = service_of(SERVICE_NOTIFY, RESTART_NO);

	(void)state;
	assert_int_equal(sizeof(want) / sizeof(want[0]), SERVICE_STATES);
	for (size_t row = 0; row < SERVICE_STATES; row++) {
		for (int event = 0; event < EVENT_COUNT; event++) {
			struct service service = {
				.state = want[row].state, .result = RESULT_NONE};
			const struct service before = service;
			struct service_decision decision;
			char got[64] = "-", wanted[64];

			cell(want[row].text, events[event], wanted, sizeof(wanted));
			if (service.state == SERVICE_CLEARING)
				service.result = RESULT_SUCCESS;
			if (service_step(&service, &config, (enum service_event)event, 5,
				    &decision))
				snprintf(got, sizeof(got), "%s%s%s",
					service_state_name(service.state),
					action_names[decision.action],
					decision.keep ? " keep" : "");
			else if (before.state != SERVICE_CLEARING)
				assert_memory_equal(&service, &before, sizeof(service));
			if (strcmp(got, wanted) != 0)
				fail_msg("%s, %s: got %s, want %s",
					service_state_name(before.state), events[event],
					got, wanted);
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

	if (service->state == SERVICE_INACTIVE)
		assert_true(service_step(service, config, EVENT_START, *now, &decision));
	if (service->state == SERVICE_PAUSED)
		assert_true(service_step(service, config, EVENT_TIMER, *now, &decision));
	assert_true(service_step(service, config, EVENT_GO, *now, &decision));
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
	const struct config_service config = service_of(SERVICE_SIMPLE, RESTART_ALWAYS);
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
		run_once(&service, &config, &now, SERVICE_STABLE_MS, EVENT_KILLED) == 0);
	assert_true(run_once(&service, &config, &now, SERVICE_STABLE_MS - 1,
			    EVENT_KILLED) == 100);
}

static void
test_service_restart_delay_is_kept_and_doubled(void **state)
{
	struct config_service config = service_of(SERVICE_SIMPLE, RESTART_ALWAYS);
	struct service service = {0};
	uint64_t now = 0;

	(void)state;
	config.life.restart_ms = 1000;
	assert_true(run_once(&service, &config, &now, 0, EVENT_KILLED) == 1000);
	assert_true(run_once(&service, &config, &now, 0, EVENT_KILLED) == 2000);
	assert_true(run_once(&service, &config, &now, 0, EVENT_KILLED) == 4000);
	/* what the file says is never cut short */
	config.life.restart_ms = 120000;
	service = (struct service){0};
	assert_true(run_once(&service, &config, &now, 0, EVENT_KILLED) == 120000);
	assert_true(run_once(&service, &config, &now, 0, EVENT_KILLED) == 120000);
	service.restarts = UINT32_MAX;
	assert_true(run_once(&service, &config, &now, 0, EVENT_KILLED) == 120000);
	assert_int_equal(service.restarts, UINT32_MAX);
	/* and RestartMaxDelaySec= holds it at one pace */
	config.life.restart_ms = config.life.restart_most_ms = 1000;
	service = (struct service){0};
	for (int i = 0; i < 5; i++)
		assert_true(run_once(&service, &config, &now, 0, EVENT_KILLED) == 1000);
}

/* systemd.service(5), the table at Restart=. */
static void
test_service_restart_policy(void **state)
{
	/* By enum service_restart: exit 0, exit 1, signal, start timeout, watchdog. */
	static const char *const rows[SERVICE_RESTARTS] = {
		[RESTART_NO] = ".....",
		[RESTART_ON_SUCCESS] = "x....",
		[RESTART_ON_FAILURE] = ".xxxx",
		[RESTART_ON_ABNORMAL] = "..xxx",
		[RESTART_ON_WATCHDOG] = "....x",
		[RESTART_ALWAYS] = "xxxxx",
	};

	(void)state;
	for (uint8_t restart = 0; restart < SERVICE_RESTARTS; restart++) {
		for (int how = 0; how < 5; how++) {
			const struct config_service config =
				service_of(SERVICE_NOTIFY, restart);
			struct service service = {0};
			struct service_decision d;
			bool again = rows[restart][how] == 'x';

			service_step(&service, &config, EVENT_START, 0, &d);
			service_step(&service, &config, EVENT_GO, 0, &d);
			service_step(&service, &config, EVENT_STARTED, 0, &d);
			if (how != 3)
				service_step(&service, &config, EVENT_READY, 0, &d);
			if (how >= 3)
				service_step(&service, &config, EVENT_TIMER, 1, &d);
			service_step(&service, &config,
				how == 0   ? EVENT_EXITED
				: how == 1 ? EVENT_UNCLEAN
					   : EVENT_KILLED,
				1, &d);
			service_step(&service, &config, EVENT_EMPTY, 1, &d);
			assert_int_equal(service.state, again	   ? SERVICE_PAUSED
							: how == 0 ? SERVICE_FINISHED
								   : SERVICE_FAILED);
			assert_int_equal(service_settled(&service), !again);
		}
	}
}

static void
test_service_that_cannot_be_made_is_tried_again(void **state)
{
	const struct config_service config =
		service_of(SERVICE_SIMPLE, RESTART_ON_FAILURE);
	struct service service = {0};
	struct service_decision decision;

	(void)state;
	assert_true(service_step(&service, &config, EVENT_START, 0, &decision));
	assert_true(service_step(&service, &config, EVENT_GO, 0, &decision));
	assert_true(service_step(&service, &config, EVENT_FAILED, 0, &decision));
	assert_int_equal(service.state, SERVICE_PAUSED);
	assert_int_equal(service.result, RESULT_RESOURCES);
	assert_true(decision.delay_ms == 0);
}

static void
test_service_crashes_just_past_stable_use_up_the_budget(void **state)
{
	struct config_service config = service_of(SERVICE_SIMPLE, RESTART_ALWAYS);
	struct service service = {0};
	uint64_t now = 0;
	int runs = 0;

	(void)state;
	config.life.limit_burst = 5;
	config.life.limit_ms = 3600 * 1000;
	while (service.state != SERVICE_FAILED) {
		/* so late that the back-off forgets it every time */
		run_once(&service, &config, &now, SERVICE_STABLE_MS + 1, EVENT_KILLED);
		now++;
		assert_true(++runs <= 5);
	}
	assert_int_equal(runs, 5);
	assert_int_equal(service.result, RESULT_START_LIMIT);
	/* By hand it starts once more, with a new budget. */
	assert_true(service_step(
		&service, &config, EVENT_START, now, &(struct service_decision){0}));
	for (runs = 0; service.state != SERVICE_FAILED; runs++)
		run_once(&service, &config, &now, 1, EVENT_KILLED);
	assert_int_equal(runs, 5);
}

static void
test_service_crashes_spaced_wider_than_the_window_go_on(void **state)
{
	struct config_service config = service_of(SERVICE_SIMPLE, RESTART_ALWAYS);
	struct service service = {0};
	uint64_t now = 0;

	(void)state;
	config.life.limit_burst = 2;
	config.life.limit_ms = 1000;
	for (int i = 0; i < 100; i++) {
		run_once(&service, &config, &now, 1001, EVENT_KILLED);
		assert_int_equal(service.state, SERVICE_PAUSED);
	}
}

static void
test_service_watchdog_starts_afresh_with_each_life_sign(void **state)
{
	struct config_service config = service_of(SERVICE_NOTIFY, RESTART_ALWAYS);
	struct service service = {0};
	struct service_decision decision;

	(void)state;
	config.life.watchdog_ms = 500;
	service_step(&service, &config, EVENT_START, 0, &decision);
	service_step(&service, &config, EVENT_GO, 0, &decision);
	assert_true(decision.delay_ms == 90000);
	service_step(&service, &config, EVENT_READY, 0, &decision);
	assert_true(decision.delay_ms == 500);
	assert_true(service_step(&service, &config, EVENT_ALIVE, 400, &decision));
	assert_true(decision.delay_ms == 500 && !decision.keep);
	service_step(&service, &config, EVENT_TIMER, 900, &decision);
	assert_int_equal(decision.action, ACTION_ABORT);
	assert_true(decision.delay_ms == 10000);
	/* the signal that ended it is not what it ended of */
	service_step(&service, &config, EVENT_KILLED, 901, &decision);
	assert_int_equal(service.result, RESULT_WATCHDOG);
}

static void
test_service_asked_on_the_way_down_does_the_last_thing(void **state)
{
	static const struct {
		enum service_event first, second;
		enum service_state end;
	} cases[] = {
		{EVENT_STOP, EVENT_START, SERVICE_WAITING},
		{EVENT_STOP, EVENT_AGAIN, SERVICE_WAITING},
		{EVENT_AGAIN, EVENT_STOP, SERVICE_INACTIVE},
		{EVENT_AGAIN, EVENT_LOST, SERVICE_FAILED},
		{EVENT_LOST, EVENT_STOP, SERVICE_INACTIVE},
		{EVENT_STOP, EVENT_LOST, SERVICE_INACTIVE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct config_service config =
			service_of(SERVICE_SIMPLE, RESTART_ALWAYS);
		struct service service = {.state = SERVICE_RUNNING};
		struct service_decision d;

		service_step(&service, &config, cases[i].first, 0, &d);
		assert_int_equal(service.state, SERVICE_STOPPING);
		service_step(&service, &config, cases[i].second, 0, &d);
		assert_true(d.keep);
		service_step(&service, &config, EVENT_KILLED, 0, &d);
		service_step(&service, &config, EVENT_EMPTY, 0, &d);
		assert_int_equal(service.state, cases[i].end);
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
		cmocka_unit_test(test_service_crashes_just_past_stable_use_up_the_budget),
		cmocka_unit_test(test_service_crashes_spaced_wider_than_the_window_go_on),
		cmocka_unit_test(test_service_watchdog_starts_afresh_with_each_life_sign),
		cmocka_unit_test(test_service_asked_on_the_way_down_does_the_last_thing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
