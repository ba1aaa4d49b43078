/* SPDX-License-Identifier: ISC */
#include "services.h"

#define UNIT "[Unit]\n"

static void
test_life_defaults_as_documented(void **state)
{
	struct service s;

	(void)state;
	accepted(RUN, &s);
	assert_int_equal(s.type, SERVICE_SIMPLE);
	assert_int_equal(s.restart, RESTART_NO);
	assert_true(s.life.restart_ms == 100 && s.life.restart_most_ms == 30000);
	assert_true(s.life.start_ms == 90000 && s.life.stop_ms == 10000);
	assert_true(s.life.watchdog_ms == 0 && s.life.notify_fd == 0);
	assert_true(s.life.limit_ms == 0 && s.life.limit_action == LIMIT_NONE);
	assert_true(s.life.timer_boot_ms == CONFIG_NEVER && s.life.timer_period_ms == 0);
	assert_false(s.life.critical);
	service_free(&s);
}

static void
test_life_all_given_read(void **state)
{
	struct service s;

	(void)state;
	accepted(UNIT
		"Requires = b.service c\nWants = d\nOnFailure = e\nStartLimitBurst = 4\n"
		"StartLimitIntervalSec = 10min\nStartLimitAction = reboot\n" RUN
		"Type = notify\nRestart = on-watchdog\nRestartSec = 0\n"
		"RestartMaxDelaySec = 2s\nTimeoutStartSec = 5s\nTimeoutStopSec = 700ms\n"
		"WatchdogSec = 2s\n[Timer]\nOnBootSec = 0\nOnUnitActiveSec = 1h\n",
		&s);
	assert_int_equal(s.type, SERVICE_NOTIFY);
	assert_int_equal(s.restart, RESTART_ON_WATCHDOG);
	assert_true(s.life.restart_ms == 0 && s.life.restart_most_ms == 2000);
	assert_true(s.life.start_ms == 5000 && s.life.stop_ms == 700);
	assert_true(s.life.watchdog_ms == 2000);
	assert_true(s.life.limit_burst == 4 && s.life.limit_ms == 600000);
	assert_int_equal(s.life.limit_action, LIMIT_REBOOT);
	assert_true(s.life.timer_boot_ms == 0 && s.life.timer_period_ms == 3600000);
	assert_string_equal(s.requires.names.item[0], "b");
	assert_string_equal(s.requires.names.item[1], "c");
	assert_string_equal(s.wants.names.item[0], "d");
	assert_string_equal(s.on_failure.names.item[0], "e");
	service_free(&s);
	accepted(RUN "Type = notify\nNotifyFD = 9\n", &s);
	assert_int_equal(s.life.notify_fd, 9);
	service_free(&s);
}

static void
test_life_critical_has_a_budget_and_its_slice(void **state)
{
	struct service s;

	(void)state;
	accepted(RUN "Critical = yes\nRestart = always\n", &s);
	assert_true(s.life.critical);
	assert_int_equal(s.limits.slice, SLICE_CRITICAL);
	assert_true(s.life.limit_burst == 10 && s.life.limit_ms == 3600000);
	assert_int_equal(s.life.limit_action, LIMIT_UNHEALTHY);
	service_free(&s);
	refused(RUN "Critical = yes\nSlice = services\n",
		FILE ":4: Slice: want critical with Critical = yes, got \"services\"");
	refused(UNIT "StartLimitIntervalSec = 0\n" RUN "Critical = yes\n", FILE
		":2: StartLimitIntervalSec: want a limit: without one a critical service could crash for ever");
	refused(UNIT "StartLimitAction = none\n" RUN "Critical = yes\n", FILE
		":2: StartLimitAction: want reboot, poweroff or unhealthy for a critical service");
	refused(RUN "Critical = yes\n[Timer]\nOnBootSec = 1s\n", FILE
		":5: OnBootSec: want no timer: a critical service runs from the boot on");
}

/* A service that can say that it is ready sees the socket, wherever it is isolated. */
static void
test_life_notify_brings_its_socket_into_view(void **state)
{
	struct service s;
	size_t found = 0;

	(void)state;
	accepted(RUN "Type = notify\nBindReadOnlyPaths = /etc\n", &s);
	for (size_t i = 0; i < s.isolation.bind_count; i++)
		if (strcmp(s.isolation.binds[i].to, "/run/notify/a") == 0)
			found++;
	assert_int_equal(found, 1);
	service_free(&s);
	accepted(RUN "Type = notify\nBindPaths = /run\n", &s);
	for (size_t i = 0; i < s.isolation.bind_count; i++)
		assert_string_not_equal(s.isolation.binds[i].to, "/run/notify/a");
	service_free(&s);
}

static void
test_life_what_cannot_work_is_refused(void **state)
{
	(void)state;
	refused(RUN "TimeoutStartSec = 0\n",
		FILE ":3: TimeoutStartSec: want 1ms to 24h, got \"0\"");
	refused(RUN "TimeoutStopSec = 25h\n",
		FILE ":3: TimeoutStopSec: want 1ms to 24h, got \"25h\"");
	refused(RUN "TimeoutStartSec = infinity\n", FILE
		":3: TimeoutStartSec: want a time such as 5s or 500ms, got \"infinity\"");
	refused(RUN "Type = oneshot\nWatchdogSec = 1s\n", FILE
		":4: WatchdogSec: want TimeoutStartSec with Type = oneshot: it is never ready, only done");
	refused(RUN "NotifyFD = 3\n", FILE ":3: NotifyFD: want Type = notify beside it");
	refused(RUN "Type = notify\nNotifyFD = 2\n",
		FILE ":4: NotifyFD: want 3 to 9, got \"2\"");
	refused(RUN "Type = notify\nNotifyFD = 3\nWatchdogSec = 1s\n", FILE
		":4: NotifyFD: want no WatchdogSec beside it: life signs come as datagrams, and so does readiness then");
	refused(UNIT "StartLimitBurst = 33\n" RUN,
		FILE ":2: StartLimitBurst: want a number from 0 to 32, got \"33\"");
	refused(UNIT "StartLimitBurst = 0\n" RUN,
		FILE ":2: StartLimitBurst: want 1 to 32, got \"0\"");
	refused(UNIT "StartLimitAction = reboot\n" RUN, FILE
		":2: StartLimitAction: want StartLimitIntervalSec beside it, or there is no limit");
	refused(UNIT "Requires = b a\n" RUN,
		FILE ":2: Requires: want other services, \"a\" is this one");
	refused(UNIT "Wants = b b.service\n" RUN,
		FILE ":2: Wants: \"b\" stands in it twice");
	refused(RUN "Type = oneshot\nRestart = on-success\n", FILE
		":4: Restart: want no or on-failure with Type=oneshot, got \"on-success\"");
	refused(RUN "[Timer]\nOnUnitActiveSec = 5ms\n",
		FILE ":4: OnUnitActiveSec: want 100ms to 24h, got \"5ms\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life_defaults_as_documented),
		cmocka_unit_test(test_life_all_given_read),
		cmocka_unit_test(test_life_critical_has_a_budget_and_its_slice),
		cmocka_unit_test(test_life_notify_brings_its_socket_into_view),
		cmocka_unit_test(test_life_what_cannot_work_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
