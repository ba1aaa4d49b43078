/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder/run/timeline.h"

static const char boot[] = "SeaBIOS\r\n"
			   "[    0.000000] Linux version 6.12\r\n"
			   "[    0.397123] Run /init as init process\r\n"
			   "[    0.400000] pid1: board x, content id 00\r\n"
			   "[    0.410000] pid1: service a: started, pid 20\r\n"
			   "[    0.420000] pid1: service b<: started, pid 21\r\n"
			   "hello [    9.9] not a line of ours\r\n"
			   "[    0.430500] pid1: service a: ready\r\n"
			   "[    0.440000] pid1: boot complete\r\n"
			   "[    0.500000] pid1: service b<: exited with 1\r\n"
			   "[    0.600000] pid1: service b<: started, pid 22\r\n"
			   "[   12.000001] pid1: health: healthy: every\r\n"
			   "[   99.000000] some other line\r\n";

static void
test_timeline_of_a_boot_has_its_bars(void **state)
{
	struct timeline t;

	(void)state;
	assert_int_equal(timeline_read(&t, boot, sizeof(boot) - 1), 0);
	assert_int_equal(t.bar_count, 5);
	assert_string_equal(t.bars[0].name, "kernel");
	assert_int_equal(t.bars[0].end, 397123);
	assert_string_equal(t.bars[1].name, "pid1");
	assert_int_equal(t.bars[1].start, 400000);
	assert_int_equal(t.bars[1].end, 440000);
	assert_string_equal(t.bars[2].name, "a");
	assert_int_equal(t.bars[2].ready, 430500);
	assert_true(t.bars[2].end == TIMELINE_NEVER);
	assert_int_equal(t.bars[3].end, 500000);
	assert_int_equal(t.bars[4].start, 600000);
	assert_int_equal(t.mark_count, 2);
	assert_int_equal(t.end, 12000001);
	timeline_free(&t);
}

static void
test_timeline_ends_with_the_first_boot(void **state)
{
	char *twice = malloc(2 * sizeof(boot));
	struct timeline t;

	(void)state;
	assert_non_null(twice);
	/* "SeaBIOS" stands between them only on the first */
	strcpy(twice, boot);
	strcat(twice, strchr(boot, '['));
	assert_int_equal(timeline_read(&t, twice, strlen(twice)), 0);
	assert_int_equal(t.bar_count, 5);
	timeline_free(&t);
	free(twice);
}

static void
test_timeline_without_pid1_is_none(void **state)
{
	static const char text[] =
		"[    0.1] x\n[    0.397123] Run /init as init process\n";
	struct timeline t;

	(void)state;
	assert_int_equal(timeline_read(&t, text, sizeof(text) - 1), -ENODATA);
	timeline_free(&t);
	assert_int_equal(timeline_read(&t, "", 0), -ENODATA);
	timeline_free(&t);
}

static void
test_timeline_drawn_has_each_bar_and_no_markup_from_outside(void **state)
{
	struct timeline t;
	char *text;
	size_t size, bars = 0;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	assert_non_null(to);
	assert_int_equal(timeline_read(&t, boot, sizeof(boot) - 1), 0);
	timeline_draw(&t, "x & y", to);
	assert_int_equal(fclose(to), 0);
	for (const char *p = text; (p = strstr(p, "<rect class=")); p++)
		bars++;
	assert_int_equal(bars, 6); /* a's wait and run are two */
	assert_non_null(strstr(text, ">b&lt;<"));
	assert_null(strstr(text, "b<<"));
	assert_non_null(strstr(text, "x &amp; y"));
	assert_non_null(strstr(text, "healthy</text>"));
	timeline_free(&t);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timeline_of_a_boot_has_its_bars),
		cmocka_unit_test(test_timeline_ends_with_the_first_boot),
		cmocka_unit_test(test_timeline_without_pid1_is_none),
		cmocka_unit_test(
			test_timeline_drawn_has_each_bar_and_no_markup_from_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
