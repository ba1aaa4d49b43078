/* SPDX-License-Identifier: ISC */
#include "builder/run/junit.h"
#include "builder/run/tap.h"
#include "scratch.h"

static void
test_junit_document_counts_and_escapes(void **state)
{
	char name[] = "expect <a & \"b\">", failure[] = "said \033[0m\nno 'x' \xc3\xa9";
	struct junit_case first[] = {{name, 1.25, NULL}, {name, 0.5, failure}};
	const struct junit_suite suites[] = {
		{"a&b.boot", first, 2}, {"none.boot", NULL, 0}};
	static const char want[] =
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites>\n"
		"  <testsuite name=\"a&amp;b.boot\" tests=\"2\" failures=\"1\" time=\"1.750\">\n"
		"    <testcase classname=\"a&amp;b.boot\" name=\"expect &lt;a &amp; "
		"&quot;b&quot;&gt;\" time=\"1.250\"/>\n"
		"    <testcase classname=\"a&amp;b.boot\" name=\"expect &lt;a &amp; "
		"&quot;b&quot;&gt;\" time=\"0.500\">\n"
		"      <failure message=\"said ?[0m&#10;no 'x' ??\"/>\n"
		"    </testcase>\n"
		"  </testsuite>\n"
		"  <testsuite name=\"none.boot\" tests=\"0\" failures=\"0\" time=\"0.000\">\n"
		"  </testsuite>\n"
		"</testsuites>\n";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	assert_int_equal(junit_write(out, suites, 2), 0);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, want);
	free(text);
}

static void
test_tap_line_cannot_be_forged(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	assert_int_equal(tap_result(out, 1, "expect # skip \\ a\nok 2", NULL), 0);
	assert_int_equal(tap_result(out, 2, "b", "said \033[1m\r\nok 3\n"), 0);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "ok 1 - expect \\# skip \\\\ a?ok 2\n"
				  "not ok 2 - b\n"
				  "# said ?[1m?\n"
				  "# ok 3\n"
				  "# \n");
	free(text);
}

static void
test_junit_full_disk_is_told(void **state)
{
	FILE *out = fopen("/dev/full", "we");
	int r;

	(void)state;
	assert_non_null(out);
	setvbuf(out, NULL, _IONBF, 0);
	r = junit_write(out, NULL, 0);
	assert_int_equal(r, -EIO);
	r = tap_result(out, 1, "a", NULL);
	assert_int_equal(r, -EIO);
	fclose(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_junit_document_counts_and_escapes),
		cmocka_unit_test(test_tap_line_cannot_be_forged),
		cmocka_unit_test(test_junit_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
