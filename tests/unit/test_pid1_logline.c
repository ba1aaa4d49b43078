/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pid1/base/terminal.c"
#include "pid1/log/kmsg.c"
#include "pid1/log/logline.c"

/* What was taken, a line each: "SEVERITY TEXT", "+" behind it where it goes on. */
static char taken[1 << 16];
static size_t lines, bytes;
static char
	shown[4 * LOGLINE_TEXT]; /* as the console has it, but for the ends of lines */

static void
take(void *context, const char *text, size_t size, unsigned severity, bool part)
{
	size_t at = strlen(taken);

	(void)context;
	assert_true(size <= LOGLINE_TEXT);
	lines++;
	bytes += size;
	if (strlen(shown) + size < sizeof(shown))
		strncat(shown, text, size);
	if (size < 100)
		snprintf(taken + at, sizeof(taken) - at, "%u %.*s%s\n", severity,
			(int)size, text, part ? "+" : "");
}

static void
reset(struct logline *line)
{
	memset(line, 0, sizeof(*line));
	taken[0] = shown[0] = '\0';
	lines = bytes = 0;
}

static void
feed(struct logline *line, const char *text, size_t size, size_t piece)
{
	for (size_t at = 0; at < size; at += piece)
		logline_feed(line, text + at, size - at < piece ? size - at : piece, take,
			NULL);
}

static void
test_logline_is_the_same_in_any_pieces(void **state)
{
	static const char text[] =
		"one\n\n<3>bad\n<8>none\n<3\ncr\r\nc\rr\ttab\0nul\x1b[m\x7f\nend";
	struct logline line;

	(void)state;
	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		reset(&line);
		feed(&line, text, sizeof(text) - 1, piece);
		logline_end(&line, take, NULL);
		logline_end(&line, take, NULL);
		assert_string_equal(taken,
			"6 one\n6 \n3 bad\n6 <8>none\n6 <3\n6 cr\n6 c?r\ttab?nul?[m?\n6 end\n");
	}
}

static void
test_logline_of_a_megabyte_becomes_records_that_say_so(void **state)
{
	static char text[1 << 20];
	struct logline line;

	(void)state;
	memset(text, 'x', sizeof(text));
	reset(&line);
	feed(&line, text, sizeof(text), 16384);
	/* The last piece waits, since its end may come. */
	assert_int_equal(lines, sizeof(text) / LOGLINE_TEXT - 1);
	assert_true(line.part);
	logline_feed(&line, "\n<1>next\n", 9, take, NULL);
	assert_int_equal(bytes, sizeof(text) + 4);
	assert_string_equal(taken, "1 next\n");
	/* A level inside of a long line is text. */
	reset(&line);
	memcpy(text + LOGLINE_TEXT, "<1>", 3);
	feed(&line, text, LOGLINE_TEXT + 3, 100);
	logline_end(&line, take, NULL);
	assert_string_equal(taken, "6 <1>\n");
}

/* 0xc2 0x9b is a terminal's "ESC [" in one character; other bytes of UTF-8 stay. */
static void
test_logline_holds_nothing_that_a_terminal_obeys(void **state)
{
	static const char said[] =
		"\xc2\x9b"
		"31mred\xc2\x80\xc2\x9f\n\xc2\xb0 \xe2\x82\x9b\n\xc2\n";
	static char text[LOGLINE_TEXT + 8];
	struct logline line;

	(void)state;
	reset(&line);
	feed(&line, said, sizeof(said) - 1, 1);
	assert_string_equal(taken, "6 ??31mred????\n6 \xc2\xb0 \xe2\x82\x9b\n6 ?\n");
	/* nor with the two halves in two records, which are shown as one line */
	reset(&line);
	memset(text, 'x', sizeof(text));
	memcpy(text + LOGLINE_TEXT - 1, "\xc2\x9bm\n", 4);
	logline_feed(&line, text, LOGLINE_TEXT + 3, take, NULL);
	assert_int_equal(lines, 2);
	assert_null(strstr(shown, "\xc2\x9b"));
	assert_int_equal(strlen(shown), LOGLINE_TEXT + 2);
}

static void
test_loglimit_drops_above_the_burst_and_says_how_many(void **state)
{
	struct loglimit limit = {.interval_ms = 100, .burst = 3};

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		uint64_t now = 1000 * round;

		for (int i = 0; i < 3; i++)
			assert_true(loglimit_allow(&limit, now + 1));
		assert_int_equal(loglimit_due(&limit), UINT64_MAX);
		assert_false(loglimit_allow(&limit, now + 2));
		assert_false(loglimit_allow(&limit, now + 100));
		assert_int_equal(loglimit_due(&limit), now + 101);
		assert_int_equal(loglimit_over(&limit, now + 100), 0);
		assert_int_equal(loglimit_over(&limit, now + 101), 2);
		assert_int_equal(loglimit_over(&limit, now + 101), 0);
	}
	limit.burst = 0;
	for (int i = 0; i < 1000; i++)
		assert_true(loglimit_allow(&limit, 5000));
}

static void
test_kmsg_record_is_taken_apart(void **state)
{
	static const char record[] =
		"6,339,5140900,-,caller=T1;NET: Registered\n SUBSYSTEM=net\n";
	static const char *const bad[] = {"", "6", "6,1,2,-", ",1,2,-;x", "x,1,2,-;x",
		"6;1,2,-;x", "6,1;x", "6,1,;x"};
	struct kmsg kmsg;

	(void)state;
	assert_true(kmsg_parse(&kmsg, record, sizeof(record) - 1));
	assert_int_equal(kmsg.priority, 6);
	assert_int_equal(kmsg.time_us, 5140900);
	assert_int_equal(kmsg.size, 15);
	assert_memory_equal(kmsg.text, "NET: Registered", 15);
	assert_true(kmsg_parse(&kmsg, "999,1,2,-;", 10));
	assert_int_equal(kmsg.priority, 8 + 999 % 8);
	assert_int_equal(kmsg.size, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(kmsg_parse(&kmsg, bad[i], strlen(bad[i])));
}

static void
test_logline_levels_and_ends_at_their_edges(void **state)
{
	static char text[LOGLINE_TEXT + 8];
	struct logline line;

	(void)state;
	reset(&line);
	feed(&line, "<3>\n<2\n", 8, 100);
	assert_string_equal(taken, "3 \n6 <2\n");
	/* a carriage return where a line is cut is not its end */
	reset(&line);
	memset(text, 'x', sizeof(text));
	text[LOGLINE_TEXT - 1] = '\r';
	logline_feed(&line, text, LOGLINE_TEXT + 1, take, NULL);
	assert_int_equal(bytes, LOGLINE_TEXT);
	assert_int_equal(shown[LOGLINE_TEXT - 1], '?');
	/* with the end of who said it, its cut line has ended, too */
	logline_end(&line, take, NULL);
	taken[0] = '\0';
	line.part = true;
	logline_end(&line, take, NULL);
	feed(&line, "<3>next\n", 8, 100);
	assert_string_equal(taken, "3 next\n");
}

/* Each interval has its own burst, also when nothing was over it in the one before. */
static void
test_loglimit_starts_afresh_with_each_interval(void **state)
{
	struct loglimit limit = {.interval_ms = 100, .burst = 3};

	(void)state;
	for (uint64_t now = 0; now < 1000; now += 100)
		for (int i = 0; i < 3; i++)
			assert_true(loglimit_allow(&limit, now));
	assert_false(loglimit_allow(&limit, 999));
	assert_true(loglimit_allow(&limit, 1000));
}

static void
test_kmsg_numbers_at_their_edges(void **state)
{
	struct kmsg kmsg;

	(void)state;
	assert_true(kmsg_parse(&kmsg, "191,1,1,-;x", 11));
	assert_int_equal(kmsg.priority, 191);
	/* facility 24 has no place in RFC 5424 */
	assert_true(kmsg_parse(&kmsg, "197,1,1,-;x", 11));
	assert_int_equal(kmsg.priority, 8 + 5);
	assert_true(kmsg_parse(&kmsg, "192,1,1,-;x", 11));
	assert_int_equal(kmsg.priority, 8);
	assert_false(kmsg_parse(&kmsg, "6,1,99999999999999999999,-;x", 28));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logline_is_the_same_in_any_pieces),
		cmocka_unit_test(test_logline_of_a_megabyte_becomes_records_that_say_so),
		cmocka_unit_test(test_logline_holds_nothing_that_a_terminal_obeys),
		cmocka_unit_test(test_loglimit_drops_above_the_burst_and_says_how_many),
		cmocka_unit_test(test_kmsg_record_is_taken_apart),
		cmocka_unit_test(test_logline_levels_and_ends_at_their_edges),
		cmocka_unit_test(test_loglimit_starts_afresh_with_each_interval),
		cmocka_unit_test(test_kmsg_numbers_at_their_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
