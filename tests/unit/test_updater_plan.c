/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollback/updater/plan.c"

static void
test_plan_window_is_read_strictly(void **state)
{
	static const char *const wrong[] = {"", "02:00", "2:00-04:00", "02:00-24:00",
		"02:60-04:00", "02:00-04:00 ", "02.00-04:00", "02:00_04:00",
		"-2:00-04:00"};
	struct window window;

	(void)state;
	assert_true(plan_window("02:05-23:59", &window));
	assert_int_equal(window.from, 125);
	assert_int_equal(window.to, 1439);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(plan_window(wrong[i], &window));
}

static void
test_plan_waits_until_the_window_opens(void **state)
{
	static const struct window day = {120, 240}, night = {1380, 60}, always = {7, 7};

	(void)state;
	for (unsigned minute = 0; minute < PLAN_DAY; minute++) {
		uint64_t wait = plan_wait(&day, minute);
		bool in = minute >= 120 && minute < 240;

		assert_true((wait == 0) == in);
		if (!in)
			assert_int_equal((minute + wait / 60000) % PLAN_DAY, 120);
		in = minute >= 1380 || minute < 60;
		assert_true((plan_wait(&night, minute) == 0) == in);
		assert_int_equal(plan_wait(&always, minute), 0);
	}
}

static void
test_plan_jitter_stays_within_a_quarter(void **state)
{
	(void)state;
	assert_int_equal(plan_jitter(1000, 0), 750);
	assert_int_equal(plan_jitter(1000, UINT32_MAX), 1250);
	assert_int_equal(plan_jitter(86400000, UINT32_MAX), 108000000);
	assert_in_range(plan_jitter(1000, UINT32_MAX / 2), 990, 1010);
}

static void
test_plan_backoff_doubles_up_to_the_interval(void **state)
{
	uint64_t before = 0;

	(void)state;
	assert_int_equal(plan_backoff(3600000, 1), 10000);
	assert_int_equal(plan_backoff(3600000, 2), 20000);
	for (unsigned failures = 1; failures < 1000; failures++) {
		uint64_t ms = plan_backoff(3600000, failures);

		assert_true(ms >= before && ms <= 3600000);
		before = ms;
	}
	assert_int_equal(before, 3600000);
	assert_int_equal(plan_backoff(5000, 1), 5000);
}

static void
test_plan_freeze_is_seen_without_a_clock(void **state)
{
	(void)state;
	assert_false(plan_is_frozen(1000, 1100, 0));
	assert_false(plan_is_frozen(1000, 1100, 99999));
	assert_true(plan_is_frozen(1000, 1100, 100000));
	assert_false(plan_is_frozen(0, INT64_MAX, UINT64_MAX));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_window_is_read_strictly),
		cmocka_unit_test(test_plan_waits_until_the_window_opens),
		cmocka_unit_test(test_plan_jitter_stays_within_a_quarter),
		cmocka_unit_test(test_plan_backoff_doubles_up_to_the_interval),
		cmocka_unit_test(test_plan_freeze_is_seen_without_a_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
