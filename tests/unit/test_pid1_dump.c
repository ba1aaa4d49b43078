/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* pid1's objects are not linked into the unit tests; this one needs no other of them. */
#include "pid1/log/dump.c"

static struct dump dump;

static void
judge(bool panic, const char *text)
{
	memset(&dump, 0x55, sizeof(dump));
	dump.panic = panic;
	dump.size = strlen(text);
	/* No NUL behind it. */
	memcpy(dump.text, text, dump.size);
	dump_judge(&dump);
}

static void
test_dump_panic_has_cause_and_time(void **state)
{
	(void)state;
	judge(true,
		"Panic#1 Part1\n"
		"<5>[    0.000000] Linux version\n"
		"<0>[    7.927191] Kernel panic - not syncing: Attempted to kill init!\n"
		"<0>[    7.929080] Kernel Offset: 0x12200000\n");
	assert_string_equal(dump.cause, "Attempted to kill init!");
	assert_true(dump.uptime_ms == 7927);
	judge(true, "<0>[123456.789012] Kernel panic - not syncing: cut of");
	assert_string_equal(dump.cause, "cut of");
	assert_true(dump.uptime_ms == 123456789);
}

static void
test_dump_last_panic_counts(void **state)
{
	(void)state;
	judge(true, "<14>[    1.000000] Kernel panic - not syncing: a lie\n"
		    "<0>[    2.500000] Kernel panic - not syncing: Fatal\n");
	assert_string_equal(dump.cause, "Fatal");
	assert_true(dump.uptime_ms == 2500);
}

static void
test_dump_without_panic_has_no_cause(void **state)
{
	static const char *const texts[] = {"", "\n", "Oops#1 Part1\n",
		"<0>[    7.927191] Kernel panic - not syncing:", "["};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		judge(true, texts[i]);
		assert_string_equal(dump.cause, "");
		assert_true(dump.uptime_ms == 0);
	}
	/* The boot outlived it. */
	judge(false, "<0>[    2.500000] Kernel panic - not syncing: Fatal\n");
	assert_string_equal(dump.cause, "");
	assert_true(dump.uptime_ms == 0);
}

static void
test_dump_odd_times_are_none(void **state)
{
	static const char *const heads[] = {"", "<0>", "[", "[]", "[.]", "[1]", "[1.5]",
		"[99999999999999999999999999.123456]", "[    x]", "1.234567] "};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		snprintf(text, sizeof(text), "%sKernel panic - not syncing: x\n",
			heads[i]);
		judge(true, text);
		assert_string_equal(dump.cause, "x");
		assert_true(dump.uptime_ms == 0);
	}
}

static void
test_dump_long_cause_is_cut_and_cleaned(void **state)
{
	char text[600] = "<0>[    1.000000] Kernel panic - not syncing: \t\x80";
	size_t n = strlen(text);

	(void)state;
	memset(text + n, 'a', sizeof(text) - n - 1);
	text[sizeof(text) - 1] = '\0';
	judge(true, text);
	assert_int_equal(strlen(dump.cause), DUMP_CAUSE - 1);
	assert_memory_equal(dump.cause, "??aaa", 5);
}

static void
test_dump_marks_differ(void **state)
{
	struct stat one = {.st_size = 4000, .st_mtim = {.tv_sec = 1767225600}};
	struct stat other = one;

	(void)state;
	assert_int_equal(mark_of(&one, 0), mark_of(&other, 0));
	assert_int_not_equal(mark_of(&one, 0), mark_of(&one, 1));
	other.st_mtim.tv_nsec = 1000;
	assert_int_not_equal(mark_of(&one, 0), mark_of(&other, 0));
	memset(&one, 0, sizeof(one));
	assert_int_not_equal(mark_of(&one, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dump_panic_has_cause_and_time),
		cmocka_unit_test(test_dump_last_panic_counts),
		cmocka_unit_test(test_dump_without_panic_has_no_cause),
		cmocka_unit_test(test_dump_odd_times_are_none),
		cmocka_unit_test(test_dump_long_cause_is_cut_and_cleaned),
		cmocka_unit_test(test_dump_marks_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
