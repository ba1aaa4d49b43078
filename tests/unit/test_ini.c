/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/error.h"
#include "lib/ini.h"

static void
check_value(const char *text, const char *key, const char *value)
{
	struct ini_entry *entry;
	struct error e = {0};
	struct ini ini;

	if (ini_read_text(&ini, "x.ini", text, strlen(text), &e) < 0)
		fail_msg("refused: %s", e.text);
	entry = ini_get(&ini, "a", key);
	assert_non_null(entry);
	assert_string_equal(entry->value, value);
	ini_free(&ini);
}

static void
expect_refused_size(const char *text, size_t size, const char *message)
{
	struct error e = {0};
	struct ini ini;

	assert_int_equal(ini_read_text(&ini, "x.ini", text, size, &e), -EINVAL);
	assert_string_equal(e.text, message);
	ini_free(&ini);
}

static void
expect_refused(const char *text, const char *message)
{
	expect_refused_size(text, strlen(text), message);
}

static void
test_ini_single_line_values_are_verbatim(void **state)
{
	(void)state;
	check_value("[a]\nk = v\n", "k", "v");
	check_value("[a]\nk=v", "k", "v");
	check_value("[a]\n# k = w\n\nk\t=  v w  \n", "k", "v w");
	check_value("[a]\nk = v ; no # comment\n", "k", "v ; no # comment");
	check_value("[a]\nk = [b] = c: \"d\"\n", "k", "[b] = c: \"d\"");
	check_value("[a]\nk =\n", "k", "");
	check_value("[a]  \nk = \xc3\xa9\xe2\x82\xac\xf0\x9f\xa7\x8a\n", "k",
		"\xc3\xa9\xe2\x82\xac\xf0\x9f\xa7\x8a");
	check_value("[b]\nk = 1\n[a]\nk = 2\n[c]\nk = 3\n", "k", "2");
}

static void
test_ini_continued_values_keep_their_shape(void **state)
{
	(void)state;
	check_value("[a]\nk = 1\n  2\n  3\n", "k", "1\n2\n3");
	check_value("[a]\nk =\n\tif x; then\n\t\ty\n\tfi\nz = 1\n", "k",
		"if x; then\n\ty\nfi");
	check_value("[a]\nk =\n    one\n  two\n", "k", "  one\ntwo");
	check_value("[a]\nk =\n\t# data\n\t; data\n\t[b]\n\tc = d\n", "k",
		"# data\n; data\n[b]\nc = d");
	check_value("[a]\nk =\n\n\tx\n\n\n\ty\n\n\nz = 1\n", "k", "x\n\n\ny");
	check_value("[a]\nk = v\n\n\tx\n", "k", "v\n\nx");
	check_value("[a]\nk =\n\tx\n# between\n\ty\n", "k", "x\ny");
	check_value("[a]\nk =\n\tx \\\n\t y  \n", "k", "x \\\n y  ");
	check_value("[a]\nk =\n\tx\n    y\n", "k", "\tx\n    y");
}

static void
test_ini_line_numbers_are_those_of_the_key(void **state)
{
	const char text[] = "# one\n[a]\n\nk =\n  x\n  y\nj = 1\n[b]\n";
	struct error e;
	struct ini ini;

	(void)state;
	assert_int_equal(ini_read_text(&ini, "x.ini", text, strlen(text), &e), 0);
	assert_int_equal(ini.count, 2);
	assert_int_equal(ini.entry[0].line, 4);
	assert_int_equal(ini.entry[1].line, 7);
	assert_int_equal(ini.section_count, 2);
	assert_int_equal(ini.section[0].line, 2);
	assert_int_equal(ini.section[1].line, 8);
	assert_string_equal(ini.section[1].name, "b");
	ini_free(&ini);
}

static void
test_ini_bad_text_is_refused_with_its_line(void **state)
{
	(void)state;
	expect_refused("k = v\n", "x.ini:1: text before the first [section]");
	expect_refused(
		"[a]\nk = 1\n[b]\n[a]\n", "x.ini:4: [a]: given twice, first in line 1");
	expect_refused("[a]\nk = 1\nj = 2\nk = 3\n",
		"x.ini:4: k: given twice in [a], first in line 2");
	expect_refused("[a]\n k = 1\n", "x.ini:2: indented line, but no key to continue");
	expect_refused("[a]\nk = 1\n[b]\n x\n",
		"x.ini:4: indented line, but no key to continue");
	expect_refused("[a]\nfoo\n", "x.ini:2: want \"key = value\" or [section]");
	expect_refused("[a]\nk: v\n", "x.ini:2: want \"key = value\" or [section]");
	expect_refused(
		"[a]\n/x:y = 1\n", "x.ini:2: /x:y: want no ':' and no ';' in a key");
	expect_refused(
		"[a]\nk ;c = 1\n", "x.ini:2: k ;c: want no ':' and no ';' in a key");
	expect_refused("[a]\n; c\n", "x.ini:2: comments start with '#'");
	expect_refused("[a]\n= v\n", "x.ini:2: want a key of 1 to 190 bytes before '='");
	expect_refused("[a] # c\n", "x.ini:1: want [section], without anything after it");
	expect_refused("[a\n", "x.ini:1: want [section], without anything after it");
	expect_refused("[]\n", "x.ini:1: want a section name of 1 to 49 bytes");
	expect_refused("[a b]\n", "x.ini:1: ' ' in a section name");
}

static void
test_ini_bad_bytes_are_refused_with_their_line(void **state)
{
	(void)state;
	expect_refused("[a]\r\nk = v\r\n",
		"x.ini:1: carriage return: save it with Unix line ends");
	expect_refused_size(
		"[a]\nk = \0v\n", 11, "x.ini:2: NUL byte: this is not a text file");
	expect_refused("[a]\nk = \x1b[1m\n", "x.ini:2: control byte 0x1b");
	expect_refused("[a]\nk = \xff\n", "x.ini:2: byte 0xff is not UTF-8");
	expect_refused("[a]\nk = \xc0\xaf\n", "x.ini:2: byte 0xc0 is not UTF-8");
	expect_refused("[a]\nk = \xed\xa0\x80\n", "x.ini:2: byte 0xed is not UTF-8");
	expect_refused("[a]\nk = \xe2\x82", "x.ini:2: byte 0xe2 is not UTF-8");
	expect_refused("\xef\xbb\xbf[a]\n",
		"x.ini:1: starts with a byte order mark: save it as plain UTF-8");
}

/* A line of `size` bytes in [a]. */
static char *
long_line(size_t size)
{
	char *text = malloc(size + 6);

	assert_non_null(text);
	memcpy(text, "[a]\nk=", 6);
	memset(text + 6, 'x', size - 2);
	text[4 + size] = '\n';
	text[5 + size] = '\0';
	return text;
}

static void
test_ini_long_lines_are_kept_up_to_the_limit(void **state)
{
	struct error e;
	struct ini ini;
	char *text;

	(void)state;
	text = long_line(65536);
	assert_int_equal(ini_read_text(&ini, "x.ini", text, strlen(text), &e), 0);
	assert_int_equal(strlen(ini.entry[0].value), 65534);
	ini_free(&ini);
	free(text);
	text = long_line(65537);
	expect_refused(text, "x.ini:2: line longer than 65536 bytes");
	free(text);
	text = long_line(1024 * 1024);
	assert_int_equal(ini_read_text(&ini, "x.ini", text, strlen(text), &e), -EFBIG);
	assert_string_equal(e.text, "x.ini: larger than 1048576 bytes");
	ini_free(&ini);
	free(text);
}

static void
test_ini_long_keys_survive_or_are_refused(void **state)
{
	char text[400], key[192];

	(void)state;
	memset(key, 'k', 190);
	key[190] = '\0';
	snprintf(text, sizeof(text), "[a]\n%s = v\n", key);
	check_value(text, key, "v");
	snprintf(text, sizeof(text), "[a]\n%sk = v\n", key);
	expect_refused(text, "x.ini:2: want a key of 1 to 190 bytes before '='");
	key[49] = '\0';
	snprintf(text, sizeof(text), "[%s]\nk = v\n[a]\nk = w\n", key);
	check_value(text, "k", "w");
	snprintf(text, sizeof(text), "[%sk]\n", key);
	expect_refused(text, "x.ini:1: want a section name of 1 to 49 bytes");
}

static void
test_ini_needed_and_unknown_keys_are_named(void **state)
{
	static const char text[] = "[a]\nk = v\nempty =\n[b]\nj = w\n";
	static const char *const known[] = {"a", "b", NULL}, *const few[] = {"a", NULL};
	struct error e;
	struct ini ini;

	(void)state;
	assert_int_equal(ini_read_text(&ini, "x.ini", text, strlen(text), &e), 0);
	assert_non_null(ini_need(&ini, "a", "k", &e));
	assert_null(ini_need(&ini, "a", "empty", &e));
	assert_string_equal(e.text, "x.ini:3: empty: empty, want a value");
	assert_null(ini_need(&ini, "b", "k", &e));
	assert_string_equal(e.text, "x.ini:4: k: missing in [b]");
	assert_null(ini_need(&ini, "c", "k", &e));
	assert_string_equal(e.text, "x.ini:1: k: missing in [c]");
	assert_int_equal(ini_finish(&ini, few, &e), -EINVAL);
	assert_string_equal(e.text, "x.ini:4: [b]: unknown section");
	assert_int_equal(ini_finish(&ini, known, &e), -EINVAL);
	assert_string_equal(e.text, "x.ini:5: j: unknown key in [b]");
	assert_non_null(ini_get(&ini, "b", "j"));
	assert_int_equal(ini_finish(&ini, known, &e), 0);
	ini_free(&ini);
}

/* One value through a reader of type T: its result, and *out. */
#define READ(reader, text, out)                                                          \
	reader(&(struct ini){.file = file_name},                                         \
		&(struct ini_entry){                                                     \
			.key = key_name, .value = strcpy(value_text, text), .line = 7},  \
		out, &why)

static char file_name[] = "x.ini", key_name[] = "key", value_text[128];
static struct error why;

static void
test_ini_sizes(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(READ(ini_size, "0", &v), 0);
	assert_true(v == 0);
	assert_int_equal(READ(ini_size, "16M", &v), 0);
	assert_true(v == 16777216);
	assert_int_equal(READ(ini_size, "1K", &v), 0);
	assert_true(v == 1024);
	assert_int_equal(READ(ini_size, "17179869183G", &v), 0);
	assert_true(v == UINT64_C(17179869183) << 30);
	assert_int_equal(READ(ini_size, "17179869184G", &v), -EINVAL);
	assert_int_equal(READ(ini_size, "18446744073709551615", &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(READ(ini_size, "18446744073709551616", &v), -EINVAL);
	assert_int_equal(READ(ini_size, "", &v), -EINVAL);
	assert_int_equal(READ(ini_size, "M", &v), -EINVAL);
	assert_int_equal(READ(ini_size, "-1", &v), -EINVAL);
	assert_int_equal(READ(ini_size, "+1", &v), -EINVAL);
	assert_int_equal(READ(ini_size, "1.5M", &v), -EINVAL);
	assert_int_equal(READ(ini_size, "1 M", &v), -EINVAL);
	assert_int_equal(READ(ini_size, "16Q", &v), -EINVAL);
	assert_string_equal(
		why.text, "x.ini:7: key: want a size such as 16M, got \"16Q\"");
}

static void
test_ini_seconds(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(READ(ini_seconds, "5", &v), 0);
	assert_true(v == 5000);
	assert_int_equal(READ(ini_seconds, "500ms", &v), 0);
	assert_true(v == 500);
	assert_int_equal(READ(ini_seconds, "2min", &v), 0);
	assert_true(v == 120000);
	assert_int_equal(READ(ini_seconds, "1h", &v), 0);
	assert_true(v == 3600000);
	assert_int_equal(READ(ini_seconds, "0s", &v), 0);
	assert_true(v == 0);
	assert_int_equal(READ(ini_seconds, "5x", &v), -EINVAL);
	assert_int_equal(READ(ini_seconds, "99999999999999999s", &v), -EINVAL);
	assert_string_equal(why.text,
		"x.ini:7: key: want a time such as 5s or 500ms, got \"99999999999999999s\"");
}

static int
read_small_count(const struct ini *ini, const struct ini_entry *entry, uint64_t *v,
	struct error *e)
{
	return ini_count(ini, entry, 7, v, e);
}

static int
read_mode(const struct ini *ini, const struct ini_entry *entry, mode_t *mode,
	struct error *e)
{
	return ini_mode(ini, entry, entry->value, mode, e);
}

static void
test_ini_counts_modes_and_flags(void **state)
{
	uint64_t v;
	mode_t mode;
	bool flag;

	(void)state;
	assert_int_equal(READ(read_small_count, "7", &v), 0);
	assert_true(v == 7);
	assert_int_equal(READ(read_small_count, "8", &v), -EINVAL);
	assert_string_equal(
		why.text, "x.ini:7: key: want a number from 0 to 7, got \"8\"");
	assert_int_equal(READ(read_small_count, "10", &v), -EINVAL);
	assert_int_equal(READ(read_small_count, "7x", &v), -EINVAL);
	assert_int_equal(READ(read_mode, "0755", &mode), 0);
	assert_int_equal(mode, 0755);
	assert_int_equal(READ(read_mode, "4755", &mode), 0);
	assert_int_equal(mode, 04755);
	assert_int_equal(READ(read_mode, "755", &mode), -EINVAL);
	assert_int_equal(READ(read_mode, "0789", &mode), -EINVAL);
	assert_int_equal(READ(ini_bool, "yes", &flag), 0);
	assert_true(flag);
	assert_int_equal(READ(ini_bool, "no", &flag), 0);
	assert_false(flag);
	assert_int_equal(READ(ini_bool, "Yes", &flag), -EINVAL);
	assert_string_equal(why.text, "x.ini:7: key: want yes or no, got \"Yes\"");
}

static void
test_ini_times(void **state)
{
	int64_t t;

	(void)state;
	assert_int_equal(READ(ini_time, "1970-01-01T00:00:00Z", &t), 0);
	assert_true(t == 0);
	assert_int_equal(READ(ini_time, "2026-01-01T00:00:00Z", &t), 0);
	assert_true(t == 1767225600);
	assert_int_equal(READ(ini_time, "2024-02-29T23:59:59Z", &t), 0);
	assert_true(t == 1709251199);
	assert_int_equal(READ(ini_time, "2106-02-07T06:28:16Z", &t), 0);
	assert_true(t == INT64_C(4294967296));
	assert_int_equal(READ(ini_time, "2025-02-29T00:00:00Z", &t), -EINVAL);
	assert_int_equal(READ(ini_time, "2026-13-01T00:00:00Z", &t), -EINVAL);
	assert_int_equal(READ(ini_time, "2026-01-01T24:00:00Z", &t), -EINVAL);
	assert_int_equal(READ(ini_time, "2026-01-01 00:00:00Z", &t), -EINVAL);
	assert_int_equal(READ(ini_time, "2026-01-01T00:00:00", &t), -EINVAL);
	assert_int_equal(READ(ini_time, "2026-01-01T00:00:00Zx", &t), -EINVAL);
	assert_int_equal(READ(ini_time, "", &t), -EINVAL);
}

static void
test_ini_files_that_cannot_be_read_are_named(void **state)
{
	struct error e;
	struct ini ini;

	(void)state;
	assert_int_equal(ini_read(&ini, "/", &e), -EISDIR);
	assert_string_equal(e.text, "/: is a directory, want a file");
	ini_free(&ini);
	assert_int_equal(ini_read(&ini, "/nonexistent/x.ini", &e), -ENOENT);
	assert_non_null(strstr(e.text, "/nonexistent/x.ini: cannot open"));
	ini_free(&ini);
	assert_int_equal(ini_read(&ini, "/dev/null", &e), -EINVAL);
	ini_free(&ini);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ini_single_line_values_are_verbatim),
		cmocka_unit_test(test_ini_continued_values_keep_their_shape),
		cmocka_unit_test(test_ini_line_numbers_are_those_of_the_key),
		cmocka_unit_test(test_ini_bad_text_is_refused_with_its_line),
		cmocka_unit_test(test_ini_bad_bytes_are_refused_with_their_line),
		cmocka_unit_test(test_ini_long_lines_are_kept_up_to_the_limit),
		cmocka_unit_test(test_ini_long_keys_survive_or_are_refused),
		cmocka_unit_test(test_ini_needed_and_unknown_keys_are_named),
		cmocka_unit_test(test_ini_sizes),
		cmocka_unit_test(test_ini_seconds),
		cmocka_unit_test(test_ini_counts_modes_and_flags),
		cmocka_unit_test(test_ini_times),
		cmocka_unit_test(test_ini_files_that_cannot_be_read_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
