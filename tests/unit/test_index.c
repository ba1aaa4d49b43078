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

#include "lib/error.h"
#include "lib/index.h"

static struct index list, got;
static struct error e;
static char *text;

static int
make_index(void **state)
{
	(void)state;
	memset(&list, 0, sizeof(list));
	strcpy(list.board, "toy");
	list.version = 1790000000;
	list.issued = 1790000000;
	list.expires = 1800000000;
	list.releases = 2;
	for (uint8_t i = 0; i < 2; i++) {
		struct index_release *release = &list.release[i];

		release->version = 12u - i;
		memset(release->file, i + 1, RELEASE_HASH);
		memset(release->image, i + 0x81, RELEASE_HASH);
		release->image_size = 5000;
		release->size = 7000;
		release->issued = 1780000000;
		release->expires = 1890000000;
	}
	return index_format(&list, &text, &e);
}

static int
drop_text(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static void
test_index_reads_back_whole(void **state)
{
	(void)state;
	assert_int_equal(index_parse(&got, "index", text, strlen(text), &e), 0);
	assert_memory_equal(&got, &list, sizeof(got));
	for (size_t i = 0; i + 1 < strlen(text); i++)
		assert_true(index_parse(&got, "index", text, i, &e) < 0);
}

static void
test_index_malformed_is_refused(void **state)
{
	static const struct {
		const char *from, *to, *why;
	} cases[] = {
		{"\"index\": 1", "\"index\": 9", "index: of format 9"},
		{"\"board\": \"toy\"", "\"board\": \"a/b\"", "board: want a board"},
		{"\"board\": \"toy\"", "\"board\": \"t\\u0000y\"", "\\u0000"},
		{"\"board\": \"toy\",", "", "board: missing key"},
		{"\"version\": 12", "\"version\": 1", "releases: want the newest first"},
		{"\"version\": 12", "\"version\": 12.5", "version: want a whole number"},
		{"\"version\": 12", "\"version\": 99999999999999999999", "too big"},
		{"\"size\": 7000", "\"size\": 5000", "size: is not that of an update"},
		{"\"size\": 7000", "\"size\": 7000000", "size: is not that of an update"},
		{"\"size\": 7000", "\"size\": 9223372036854775807", "size: is not that"},
		{"\"image_size\": 5000", "\"image_size\": 0", "image_size: want 1 byte"},
		{"\"image_size\": 5000", "\"image_size\": 9999999999",
			"image_size: want"},
		{"0101", "01", "file: want 64 hex digits"},
		{"8282", "xx82", "image: want 64 hex digits"},
		{"\"expires\": 1800000000", "\"expires\": 5",
			"expires: want a time after"},
		{"\"releases\": [", "\"releases\": [7,", "releases: want an object"},
		{"\"releases\": [", "\"releases\": 7, \"x\": [", "x: unknown key"},
	};
	char changed[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at = strstr(text, cases[i].from);

		assert_non_null(at);
		snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text,
			cases[i].to, at + strlen(cases[i].from));
		assert_true(index_parse(&got, "index", changed, strlen(changed), &e) < 0);
		if (!strstr(e.text, cases[i].why))
			fail_msg("%s: \"%s\"", cases[i].to, e.text);
	}
}

static void
test_index_one_image_twice_is_refused(void **state)
{
	char *twice;

	(void)state;
	memcpy(list.release[1].image, list.release[0].image, RELEASE_HASH);
	assert_int_equal(index_format(&list, &twice, &e), 0);
	assert_int_equal(index_parse(&got, "index", twice, strlen(twice), &e), -EINVAL);
	assert_non_null(strstr(e.text, "one image is there twice"));
	free(twice);
}

static void
test_index_is_bounded(void **state)
{
	static const char mark[] = "\"releases\": [";
	char *full, *large, *at;

	(void)state;
	list.releases = INDEX_RELEASES;
	for (uint8_t i = 0; i < INDEX_RELEASES; i++) {
		list.release[i] = list.release[0];
		memset(list.release[i].image, i, RELEASE_HASH);
	}
	assert_int_equal(index_format(&list, &full, &e), 0);
	assert_true(strlen(full) <= INDEX_TEXT);
	assert_int_equal(index_parse(&got, "index", full, strlen(full), &e), 0);
	assert_int_equal(got.releases, INDEX_RELEASES);
	at = strstr(full, mark) + strlen(mark);
	assert_true(asprintf(&large, "%.*s{},%s", (int)(at - full), full, at) > 0);
	assert_int_equal(index_parse(&got, "index", large, strlen(large), &e), -EINVAL);
	assert_non_null(strstr(e.text, "releases: want a list of at most 64"));
	free(large);
	free(full);
	large = calloc(1, INDEX_TEXT + 1);
	assert_non_null(large);
	assert_int_equal(index_parse(&got, "index", large, INDEX_TEXT + 1, &e), -EINVAL);
	assert_non_null(strstr(e.text, "larger than 65536 bytes"));
	free(large);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_index_reads_back_whole, make_index, drop_text),
		cmocka_unit_test_setup_teardown(
			test_index_malformed_is_refused, make_index, drop_text),
		cmocka_unit_test_setup_teardown(
			test_index_one_image_twice_is_refused, make_index, drop_text),
		cmocka_unit_test_setup_teardown(
			test_index_is_bounded, make_index, drop_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
