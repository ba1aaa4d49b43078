/* SPDX-License-Identifier: ISC */
#include "boards.h"

/* On line 15, behind ALL and the section's own line. */
#define BAD_PART(section, entry, message)                                                \
	refused(ALL "[" section "]\n" entry "\n", "boards/b/board.ini:15: " message)

static const struct service *
find(const struct board *b, const char *name)
{
	for (size_t i = 0; i < b->service_count; i++)
		if (strcmp(b->services[i].name, name) == 0)
			return &b->services[i];
	return NULL;
}

static void
put(const char *name, const char *unit, const char *more)
{
	char file[64], text[512];

	snprintf(file, sizeof(file), "boards/b/services/%s.service", name);
	snprintf(text, sizeof(text), "%s%s[Service]\nExecStart = /bin/%s\n%s",
		unit[0] ? "[Unit]\n" : "", unit, name, more);
	scratch_write(file, text);
}

static void
test_board_services_bring_what_they_need(void **state)
{
	struct board b;

	(void)state;
	put("p", "Requires = q\nWants = r\nOnFailure = t\n", "");
	put("q", "", "");
	put("r", "Requires = u\n", "");
	put("t", "Requires = v\n", "");
	put("u", "", "[Timer]\nOnBootSec = 5s\n");
	put("v", "", "");
	accepted(ALL "[services]\nenable = p\n", &b);
	assert_int_equal(b.service_count, 6);
	assert_true(find(&b, "p")->life.at_boot);
	assert_true(find(&b, "q")->life.at_boot);
	assert_true(find(&b, "r")->life.at_boot);
	/* by its own time, or only when it is called for */
	assert_false(find(&b, "u")->life.at_boot);
	assert_false(find(&b, "t")->life.at_boot);
	assert_false(find(&b, "v")->life.at_boot);
	board_free(&b);
	/* Found late to be needed at boot, all that it needs is, too. */
	accepted(ALL "[services]\nenable = p t\n", &b);
	assert_true(find(&b, "t")->life.at_boot && find(&b, "v")->life.at_boot);
	board_free(&b);
}

static void
test_board_services_that_need_each_other_are_accepted(void **state)
{
	struct board b;

	(void)state;
	put("one", "Requires = two\n", "");
	put("two", "Requires = one\n", "");
	accepted(ALL "[services]\nenable = one\n", &b);
	assert_int_equal(b.service_count, 2);
	assert_true(find(&b, "two")->life.at_boot);
	board_free(&b);
}

static void
test_board_bad_requirement_refused(void **state)
{
	(void)state;
	put("lost", "Requires = nowhere\n", "");
	refused(ALL "[services]\nenable = lost\n",
		"boards/b/services/lost.service:2: Requires: there is no nowhere.service in boards/b/services nor beside a recipe of the image");
	put("asks", "OnFailure = vital\n", "");
	put("vital", "", "Critical = yes\n");
	refused(ALL "[services]\nenable = asks\n",
		"boards/b/services/vital.service: Critical: want it enabled in the board: OnFailure alone does not start it at boot");
}

static void
test_board_failures_that_start_each_other_refused(void **state)
{
	(void)state;
	put("one", "OnFailure = two three\n", "");
	put("two", "", "");
	put("three", "OnFailure = two four\n", "");
	put("four", "OnFailure = one\n", "");
	refused(ALL "[services]\nenable = one\n",
		"boards/b/services/four.service:2: OnFailure: they start each other for ever: four -> one -> three -> four");
}

static void
test_board_health_is_read_and_refused(void **state)
{
	struct board b;

	(void)state;
	accepted(ALL, &b);
	assert_true(b.health.trial_ms == 30000 && b.health.deadline_ms == 300000);
	assert_true(b.health.timeout_ms == 30000 && b.health.healthy.count == 0);
	board_free(&b);
	accepted(ALL "[health]\ntrial = 0\ndeadline = 1h\ntimeout = 2s\n"
		     "healthy = /bin/a ok\nunhealthy = /bin/a \"not ok\"\n",
		&b);
	assert_true(b.health.trial_ms == 0 && b.health.deadline_ms == 3600000);
	assert_true(b.health.timeout_ms == 2000);
	assert_string_equal(b.health.healthy.item[1], "ok");
	assert_string_equal(b.health.unhealthy.item[1], "not ok");
	board_free(&b);
	BAD_PART("health", "healthy = a", "healthy: want an absolute path, got \"a\"");
	BAD_PART("health", "deadline = 0", "deadline: want 1s to 24h, got \"0\"");
	BAD_PART("health", "trial = 25h", "trial: want 0s to 24h, got \"25h\"");
	BAD_PART("health", "unhealthy = /bin/a 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
		"unhealthy: want at most 15 words, got 16");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_board_services_bring_what_they_need),
		cmocka_unit_test(test_board_services_that_need_each_other_are_accepted),
		cmocka_unit_test(test_board_bad_requirement_refused),
		cmocka_unit_test(test_board_failures_that_start_each_other_refused),
		cmocka_unit_test(test_board_health_is_read_and_refused),
	};

	return cmocka_run_group_tests(tests, set_up, scratch_leave);
}
