/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pid1/service/health.c"

static const struct config_health config = {
	.trial_ms = 30000, .deadline_ms = 300000, .timeout_ms = 20000};
static const struct health_view up = {.up = true};
static const struct health_view down = {.missing = "app", .state = "paused"};
static const struct health_view dead = {
	.missing = "app", .state = "failed", .dead = "app", .result = "start-limit-hit"};

static struct health
fresh(void)
{
	struct health health;

	health_init(&health);
	return health;
}

static void
test_health_up_for_the_trial_is_good(void **state)
{
	struct health health = fresh();

	(void)state;
	assert_false(health_step(&health, &config, &down, 1000));
	assert_true(health_due(&health, &config) == 300000);
	assert_false(health_step(&health, &config, &up, 2000));
	assert_true(health_due(&health, &config) == 32000);
	assert_false(health_step(&health, &config, &up, 31999));
	assert_true(health_step(&health, &config, &up, 32000));
	assert_int_equal(health.phase, HEALTH_GOOD);
	assert_true(health_due(&health, &config) == HEALTH_NEVER);
	/* told once */
	assert_false(health_step(&health, &config, &up, 99000));
}

static void
test_health_break_starts_the_trial_afresh(void **state)
{
	struct health health = fresh();
	struct health_view restarted = up;

	(void)state;
	health_step(&health, &config, &up, 0);
	health_step(&health, &config, &down, 20000);
	assert_false(health_step(&health, &config, &up, 20001));
	assert_false(health_step(&health, &config, &up, 50000));
	/* as does a restart that fell between two looks */
	restarted.starts = 1;
	assert_false(health_step(&health, &config, &restarted, 50001));
	assert_false(health_step(&health, &config, &restarted, 80000));
	assert_true(health_step(&health, &config, &restarted, 80001));
}

static void
test_health_not_up_by_the_deadline_is_bad(void **state)
{
	struct health health = fresh();

	(void)state;
	assert_false(health_step(&health, &config, &down, 299999));
	assert_true(health_step(&health, &config, &down, 300000));
	assert_int_equal(health.phase, HEALTH_BAD);
	assert_string_equal(health.why, "service app: paused for 300 s");
	/* for good: what comes up now is too late */
	assert_false(health_step(&health, &config, &up, 300001));
	assert_false(health_step(&health, &config, &up, 900001));
	assert_int_equal(health.phase, HEALTH_BAD);
}

static void
test_health_flapping_until_the_deadline_is_bad(void **state)
{
	struct health health = fresh();
	uint64_t now = 0;

	(void)state;
	while (health.phase == HEALTH_TRIAL && now < 400000) {
		health_step(&health, &config, &up, now += 29000);
		health_step(&health, &config, &down, now += 500);
	}
	assert_int_equal(health.phase, HEALTH_BAD);
	assert_true(now < 300000 + 30000);
}

static void
test_health_boot_that_never_completes_is_bad(void **state)
{
	const struct health_view incomplete = {.up = false};
	struct health health = fresh();

	(void)state;
	assert_true(health_step(&health, &config, &incomplete, 300000));
	assert_string_equal(health.why, "service (boot): not complete for 300 s");
}

static void
test_health_failed_for_good_is_bad_at_once(void **state)
{
	struct health health = fresh();

	(void)state;
	assert_true(health_step(&health, &config, &dead, 5));
	assert_int_equal(health.phase, HEALTH_BAD);
	assert_string_equal(health.why, "service app: start-limit-hit");
	health = fresh();
	health_step(&health, &config, &up, 0);
	health_step(&health, &config, &up, 30000);
	assert_int_equal(health.phase, HEALTH_GOOD);
	assert_true(health_step(&health, &config, &dead, 99999));
	assert_int_equal(health.phase, HEALTH_BAD);
}

static void
test_health_later_a_long_break_is_bad_and_a_short_one_is_not(void **state)
{
	struct health health = fresh();

	(void)state;
	health_step(&health, &config, &up, 0);
	health_step(&health, &config, &up, 30000);
	health_step(&health, &config, &down, 500000);
	assert_true(health_due(&health, &config) == 800000);
	assert_false(health_step(&health, &config, &down, 799999));
	assert_false(health_step(&health, &config, &up, 799999));
	assert_false(health_step(&health, &config, &down, 900000));
	assert_false(health_step(&health, &config, &down, 1199999));
	assert_int_equal(health.phase, HEALTH_GOOD);
	assert_true(health_step(&health, &config, &down, 1200000));
	assert_int_equal(health.phase, HEALTH_BAD);
}

static void
test_health_feeds_until_the_end_had_its_time(void **state)
{
	struct health health = fresh();

	(void)state;
	assert_true(health_may_feed(&health, &config, 299999));
	health_step(&health, &config, &dead, 1000);
	assert_true(health_may_feed(&health, &config, 1000));
	assert_true(health_may_feed(&health, &config, 1000 + 20000 + HEALTH_STOP_MS - 1));
	assert_false(health_may_feed(&health, &config, 1000 + 20000 + HEALTH_STOP_MS));
}

static void
test_health_no_trial_time_is_good_at_once(void **state)
{
	const struct config_health none = {.deadline_ms = 1000};
	struct health health = fresh();

	(void)state;
	assert_true(health_step(&health, &none, &up, 7));
	assert_string_equal(health_name(health.phase), "healthy");
}

/* The deadline is for those who are not up. */
static void
test_health_deadline_is_none_for_who_is_up(void **state)
{
	struct health health = fresh();

	(void)state;
	/* a trial that began just before it, and takes longer */
	assert_false(health_step(&health, &config, &up, 299999));
	assert_false(health_step(&health, &config, &up, 300001));
	assert_true(health_step(&health, &config, &up, 329999));
	assert_int_equal(health.phase, HEALTH_GOOD);
	for (uint64_t now = 330000; now < 2000000; now += 50000)
		assert_false(health_step(&health, &config, &up, now));
	assert_int_equal(health.phase, HEALTH_GOOD);
}

/* What is being done about it is not begun again. */
static void
test_health_bad_stays_bad(void **state)
{
	struct health health = fresh();

	(void)state;
	assert_true(health_step(&health, &config, &dead, 1000));
	assert_true(health_due(&health, &config) == HEALTH_NEVER);
	assert_false(health_step(&health, &config, &dead, 2000));
	assert_false(health_step(&health, &config, &up, 3000));
	assert_false(health_step(&health, &config, &up, 400000));
	assert_false(health_step(&health, &config, &down, 800000));
	assert_int_equal(health.phase, HEALTH_BAD);
	assert_string_equal(health.why, "service app: start-limit-hit");
	assert_true(health.bad_ms == 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_health_up_for_the_trial_is_good),
		cmocka_unit_test(test_health_break_starts_the_trial_afresh),
		cmocka_unit_test(test_health_not_up_by_the_deadline_is_bad),
		cmocka_unit_test(test_health_flapping_until_the_deadline_is_bad),
		cmocka_unit_test(test_health_boot_that_never_completes_is_bad),
		cmocka_unit_test(test_health_failed_for_good_is_bad_at_once),
		cmocka_unit_test(
			test_health_later_a_long_break_is_bad_and_a_short_one_is_not),
		cmocka_unit_test(test_health_feeds_until_the_end_had_its_time),
		cmocka_unit_test(test_health_no_trial_time_is_good_at_once),
		cmocka_unit_test(test_health_deadline_is_none_for_who_is_up),
		cmocka_unit_test(test_health_bad_stays_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
