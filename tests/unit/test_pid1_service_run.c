/* SPDX-License-Identifier: ISC */
/* What one run of a service leaves behind: its result, its times, its part of the budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pid1/service/budget.c"
#include "pid1/service/service.c"

static struct config_service
config_of(enum service_type type, enum service_restart restart)
{
	return (struct config_service){.type = (uint8_t)type,
		.restart = (uint8_t)restart,
		.life = {.start_ms = 90000,
			.stop_ms = 10000,
			.restart_ms = 100,
			.restart_most_ms = 30000}};
}

/* One step that must mean something. */
static struct service_decision
step(struct service *service, const struct config_service *config,
	enum service_event event, uint64_t now_ms)
{
	struct service_decision decision;

	assert_true(service_step(service, config, event, now_ms, &decision));
	return decision;
}

static void
steps(struct service *service, const struct config_service *config,
	const enum service_event *events)
{
	for (; *events != EVENT_COUNT; events++)
		step(service, config, *events, 0);
}

static void
test_service_result_of_a_run(void **state)
{
	static const struct {
		enum service_type type;
		enum service_event events[8];
		enum service_result result;
	} runs[] = {
		/* an end before it said that it is ready, as early as it may be */
		{SERVICE_NOTIFY, {EVENT_EXITED, EVENT_COUNT}, RESULT_PROTOCOL},
		{SERVICE_NOTIFY, {EVENT_STARTED, EVENT_EXITED, EVENT_COUNT},
			RESULT_PROTOCOL},
		{SERVICE_NOTIFY, {EVENT_READY, EVENT_EXITED, EVENT_COUNT},
			RESULT_SUCCESS},
		{SERVICE_NOTIFY, {EVENT_STARTED, EVENT_UNCLEAN, EVENT_COUNT},
			RESULT_EXIT_CODE},
		{SERVICE_ONESHOT, {EVENT_EXITED, EVENT_COUNT}, RESULT_SUCCESS},
		{SERVICE_ONESHOT, {EVENT_STARTED, EVENT_EXITED, EVENT_COUNT},
			RESULT_SUCCESS},
		{SERVICE_ONESHOT, {EVENT_STARTED, EVENT_UNCLEAN, EVENT_COUNT},
			RESULT_EXIT_CODE},
		{SERVICE_SIMPLE, {EVENT_STARTED, EVENT_KILLED, EVENT_COUNT},
			RESULT_SIGNAL},
		{SERVICE_SIMPLE, {EVENT_FAILED, EVENT_COUNT}, RESULT_RESOURCES},
		/* what led to the end counts, and not the end */
		{SERVICE_SIMPLE, {EVENT_TIMER, EVENT_KILLED, EVENT_COUNT},
			RESULT_TIMEOUT},
		{SERVICE_NOTIFY, {EVENT_STARTED, EVENT_TIMER, EVENT_EXITED, EVENT_COUNT},
			RESULT_TIMEOUT},
		{SERVICE_NOTIFY, {EVENT_READY, EVENT_TIMER, EVENT_EXITED, EVENT_COUNT},
			RESULT_WATCHDOG},
		{SERVICE_NOTIFY, {EVENT_READY, EVENT_TROUBLE, EVENT_KILLED, EVENT_COUNT},
			RESULT_WATCHDOG},
		{SERVICE_NOTIFY, {EVENT_READY, EVENT_LEAVING, EVENT_EXITED, EVENT_COUNT},
			RESULT_SUCCESS},
		/* the time to stop is no timeout of the run */
		{SERVICE_SIMPLE,
			{EVENT_STARTED, EVENT_STOP, EVENT_TIMER, EVENT_KILLED,
				EVENT_COUNT},
			RESULT_SIGNAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		const struct config_service config = config_of(runs[i].type, RESTART_NO);
		/* the result of the run before it is gone with the start */
		struct service service = {
			.state = SERVICE_WAITING, .result = RESULT_START_LIMIT};

		step(&service, &config, EVENT_GO, 0);
		assert_int_equal(service.result, RESULT_NONE);
		steps(&service, &config, runs[i].events);
		assert_int_equal(service.result, runs[i].result);
		assert_int_equal(service.starts, 1);
	}
}

/* Also of one that had ended otherwise before. */
static void
test_service_that_is_lost_while_it_waits_fails_by_that(void **state)
{
	static const enum service_state waits[] = {SERVICE_WAITING, SERVICE_PAUSED};
	const struct config_service config = config_of(SERVICE_SIMPLE, RESTART_ALWAYS);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct service service = {.state = waits[i], .result = RESULT_SIGNAL};

		step(&service, &config, EVENT_LOST, 0);
		assert_int_equal(service.state, SERVICE_FAILED);
		assert_int_equal(service.result, RESULT_DEPENDENCY);
	}
}

static void
test_service_up_settled_and_with_a_process(void **state)
{
	(void)state;
	for (int s = 0; s < SERVICE_STATES; s++)
		for (int type = 0; type < SERVICE_TYPES; type++) {
			const struct config_service config =
				config_of((enum service_type)type, RESTART_NO);
			const struct service service = {.state = (enum service_state)s};

			assert_int_equal(service_up(&service, &config),
				s == SERVICE_RUNNING || (s == SERVICE_FINISHED &&
								type == SERVICE_ONESHOT));
			assert_int_equal(service_settled(&service),
				s == SERVICE_INACTIVE || s == SERVICE_FINISHED ||
					s == SERVICE_FAILED || s == SERVICE_STUCK);
			assert_int_equal(service_has_main(&service),
				s != SERVICE_INACTIVE && s != SERVICE_WAITING &&
					s != SERVICE_CLEARING && s != SERVICE_PAUSED &&
					s != SERVICE_FINISHED && s != SERVICE_FAILED);
		}
}

static void
test_service_timers_of_each_state(void **state)
{
	struct config_service config = config_of(SERVICE_SIMPLE, RESTART_NO);
	struct service service = {.state = SERVICE_WAITING};

	(void)state;
	assert_true(step(&service, &config, EVENT_GO, 0).delay_ms == 90000);
	/* no watchdog, no timer */
	assert_true(
		step(&service, &config, EVENT_STARTED, 0).delay_ms == SERVICE_NO_TIMER);
	assert_true(step(&service, &config, EVENT_STOP, 0).delay_ms == 10000);
	assert_true(step(&service, &config, EVENT_TIMER, 0).delay_ms == 5000);
	assert_true(step(&service, &config, EVENT_KILLED, 0).delay_ms == 5000);
	assert_true(step(&service, &config, EVENT_EMPTY, 0).delay_ms == SERVICE_NO_TIMER);
	/* what is up at once is watched from its start on */
	config.life.watchdog_ms = 700;
	service = (struct service){.state = SERVICE_WAITING};
	step(&service, &config, EVENT_GO, 0);
	assert_true(step(&service, &config, EVENT_STARTED, 0).delay_ms == 700);
	assert_true(step(&service, &config, EVENT_ALIVE, 0).delay_ms == 700);
}

static void
test_service_times_are_of_changes(void **state)
{
	const struct config_service config = config_of(SERVICE_NOTIFY, RESTART_ALWAYS);
	struct service service = {.state = SERVICE_WAITING};

	(void)state;
	step(&service, &config, EVENT_GO, 10);
	assert_true(service.started_ms == 10 && service.since_ms == 10);
	step(&service, &config, EVENT_READY, 20);
	assert_true(service.ready_ms == 20 && service.since_ms == 20);
	step(&service, &config, EVENT_ALIVE, 30);
	assert_true(service.ready_ms == 20 && service.since_ms == 20);
	assert_true(service.started_ms == 10);
}

/* A life sign does not make it younger: it was stable, and its restart is quick again. */
static void
test_service_back_off_counts_from_ready(void **state)
{
	const struct config_service config = config_of(SERVICE_NOTIFY, RESTART_ALWAYS);
	struct service service = {.state = SERVICE_WAITING, .restarts = 3};

	(void)state;
	step(&service, &config, EVENT_GO, 0);
	step(&service, &config, EVENT_READY, 0);
	step(&service, &config, EVENT_ALIVE, SERVICE_STABLE_MS - 1);
	step(&service, &config, EVENT_KILLED, SERVICE_STABLE_MS);
	assert_true(
		step(&service, &config, EVENT_EMPTY, SERVICE_STABLE_MS).delay_ms == 100);
	assert_int_equal(service.restarts, 1);
}

/* That a run before it was ready says nothing of one that never was, however long it took. */
static void
test_service_never_ready_is_never_stable(void **state)
{
	const struct config_service config = config_of(SERVICE_NOTIFY, RESTART_ALWAYS);
	struct service service = {.state = SERVICE_WAITING};

	(void)state;
	step(&service, &config, EVENT_GO, 0);
	step(&service, &config, EVENT_READY, 0);
	step(&service, &config, EVENT_KILLED, 1);
	assert_true(step(&service, &config, EVENT_EMPTY, 1).delay_ms == 100);
	step(&service, &config, EVENT_TIMER, 101);
	step(&service, &config, EVENT_GO, 101);
	step(&service, &config, EVENT_KILLED, 80000);
	assert_true(step(&service, &config, EVENT_EMPTY, 80000).delay_ms == 200);
}

static void
test_service_started_by_hand_is_forgiven(void **state)
{
	const struct config_service config = config_of(SERVICE_SIMPLE, RESTART_ALWAYS);
	struct service service = {.state = SERVICE_PAUSED, .restarts = 7};

	(void)state;
	step(&service, &config, EVENT_START, 0);
	step(&service, &config, EVENT_GO, 0);
	step(&service, &config, EVENT_KILLED, 1);
	assert_true(step(&service, &config, EVENT_EMPTY, 1).delay_ms == 100);
}

static void
test_budget_window_slides(void **state)
{
	struct budget budget = {0};

	(void)state;
	/* none was used, or there is no limit */
	assert_false(budget_spent(&budget, 1, 1000, 0));
	budget_spend(&budget, 100);
	assert_true(budget_spent(&budget, 1, 1000, 100));
	assert_true(budget_spent(&budget, 1, 1000, 1099));
	assert_false(budget_spent(&budget, 1, 1000, 1100));
	assert_false(budget_spent(&budget, 0, 1000, 100));
	assert_false(budget_spent(&budget, 1, 0, 100));
	assert_false(budget_spent(&budget, 2, 1000, 100));
	/* of three, the first one leaves the window first */
	budget_spend(&budget, 500);
	budget_spend(&budget, 900);
	assert_true(budget_spent(&budget, 3, 1000, 1099));
	assert_false(budget_spent(&budget, 3, 1000, 1100));
	assert_true(budget_spent(&budget, 2, 1000, 1499));
	assert_false(budget_spent(&budget, 2, 1000, 1500));
	budget_clear(&budget);
	assert_false(budget_spent(&budget, 1, 1000, 900));
}

/* The largest burst, many times round. */
static void
test_budget_of_the_most_starts(void **state)
{
	struct budget budget = {0};

	(void)state;
	for (uint64_t now = 0; now < 1000; now++) {
		assert_int_equal(budget_spent(&budget, BUDGET_MOST, BUDGET_MOST + 1, now),
			now >= BUDGET_MOST);
		assert_false(budget_spent(&budget, BUDGET_MOST, BUDGET_MOST, now));
		budget_spend(&budget, now);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_result_of_a_run),
		cmocka_unit_test(test_service_that_is_lost_while_it_waits_fails_by_that),
		cmocka_unit_test(test_service_up_settled_and_with_a_process),
		cmocka_unit_test(test_service_timers_of_each_state),
		cmocka_unit_test(test_service_times_are_of_changes),
		cmocka_unit_test(test_service_back_off_counts_from_ready),
		cmocka_unit_test(test_service_never_ready_is_never_stable),
		cmocka_unit_test(test_service_started_by_hand_is_forgiven),
		cmocka_unit_test(test_budget_window_slides),
		cmocka_unit_test(test_budget_of_the_most_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
