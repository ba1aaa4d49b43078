/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pid1/base/terminal.c"
#include "pid1/service/notify.c"

static struct notify got;
static char said[16];

static bool
parse(const char *text)
{
	strcpy(said, "before");
	return notify_parse(text, strlen(text), &got, said, sizeof(said));
}

static void
test_notify_each_key_is_read(void **state)
{
	(void)state;
	assert_true(parse("READY=1"));
	assert_true(got.ready && !got.alive && !got.stopping && !got.trouble);
	assert_true(parse("WATCHDOG=1\n"));
	assert_true(got.alive && !got.ready);
	assert_true(parse("WATCHDOG=trigger"));
	assert_true(got.trouble && !got.alive);
	assert_true(parse("STOPPING=1"));
	assert_true(got.stopping);
	assert_true(parse("STATUS=warm\nREADY=1\nMAINPID=7"));
	assert_true(got.ready && got.has_status);
	assert_string_equal(said, "warm");
	/* somebody else's keys are no fault */
	assert_true(parse("FDSTORE=1"));
	assert_true(parse("BARRIER=1"));
	assert_string_equal(said, "before");
}

static void
test_notify_what_is_nearly_a_key_is_none(void **state)
{
	static const char *const texts[] = {"READY=2", "READY=1 ", " READY=1", "READY=11",
		"ready=1", "READY", "READY=", "XREADY=1", "WATCHDOG=triggers"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		parse(texts[i]);
		assert_false(got.ready || got.alive || got.trouble || got.stopping);
	}
}

static void
test_notify_garbage_is_no_message(void **state)
{
	(void)state;
	assert_false(parse(""));
	assert_false(parse("\n\n\n"));
	assert_false(parse("nonsense"));
	assert_false(parse("=1"));
	assert_false(parse("a b=1"));
	assert_true(parse("X_MINE2=1"));
	assert_false(notify_parse("\0\0\0=1", 5, &got, said, sizeof(said)));
	/* a good line beside it still counts */
	assert_true(parse("nonsense\nREADY=1"));
	assert_true(got.ready);
}

static void
test_notify_status_is_cut_and_made_printable(void **state)
{
	(void)state;
	assert_true(parse("STATUS=a\tb\x1b[31mc"));
	assert_string_equal(said, "a?b?[31mc");
	assert_true(parse("STATUS=a\x7f"
			  "b\xc2\x9b"
			  "31m \xc2\xb0"));
	assert_string_equal(said, "a?b??31m \xc2\xb0");
	assert_true(parse("STATUS=0123456789abcdefghij"));
	assert_string_equal(said, "0123456789abcde");
	/* never in the middle of a character */
	assert_true(parse("STATUS=0123456789abcd\xc3\xa4"));
	assert_string_equal(said, "0123456789abcd");
	assert_true(parse("STATUS="));
	assert_string_equal(said, "");
}

static void
test_notify_without_an_end_reads_nothing_behind_it(void **state)
{
	char *text = malloc(7);

	(void)state;
	assert_non_null(text);
	memcpy(text, "READY=1", 7); /* the sanitizer sees a byte too many */
	assert_true(notify_parse(text, 7, &got, said, sizeof(said)));
	assert_true(got.ready);
	memcpy(text, "STATUS=", 7);
	assert_true(notify_parse(text, 7, &got, said, sizeof(said)));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notify_each_key_is_read),
		cmocka_unit_test(test_notify_what_is_nearly_a_key_is_none),
		cmocka_unit_test(test_notify_garbage_is_no_message),
		cmocka_unit_test(test_notify_status_is_cut_and_made_printable),
		cmocka_unit_test(test_notify_without_an_end_reads_nothing_behind_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
