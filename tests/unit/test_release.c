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
#include "lib/minisign.h"
#include "lib/release.h"
#include "lib/update.h"

static struct release release, back;
static struct error e;
static char *text;

static int
make_release(void **state)
{
	(void)state;
	memset(&release, 0, sizeof(release));
	strcpy(release.board, "robot-x86_64");
	release.version = 12;
	release.floor = 7;
	memset(release.content, 0xc1, sizeof(release.content));
	release.issued = 1790000000;
	release.expires = 1800000000;
	release.size = 3 * RELEASE_CHUNK_LEAST - 1;
	memset(release.hash, 0x5a, sizeof(release.hash));
	release.chunk_size = RELEASE_CHUNK_LEAST;
	release.chunks = 3;
	for (uint8_t i = 0; i < 3; i++)
		memset(release.chunk[i], i + 1, RELEASE_HASH);
	return release_format(&release, &text, &e);
}

static int
drop_text(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static int
parse(const char *json)
{
	return release_parse(&back, "release.json", json, strlen(json), &e);
}

/* The release with one part of its text in place of another. */
static void
refused(const char *from, const char *to, const char *message)
{
	char changed[8192];
	const char *at = strstr(text, from);

	assert_non_null(at);
	assert_true(strlen(text) + strlen(to) < sizeof(changed));
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, to,
		at + strlen(from));
	assert_true(parse(changed) < 0);
	if (!strstr(e.text, message))
		fail_msg("%s -> %s: \"%s\", want \"%s\"", from, to, e.text, message);
}

static void
test_release_reads_back_whole(void **state)
{
	(void)state;
	assert_int_equal(parse(text), 0);
	assert_memory_equal(&back, &release, sizeof(back));
	for (size_t i = 0; i < strlen(text); i++)
		assert_int_equal(
			release_parse(&back, "release.json", text, i, &e), -EINVAL);
}

static void
test_release_each_field_malformed_is_named(void **state)
{
	(void)state;
	refused("\"robot-x86_64\"", "\"../x\"", "board: want a board's name");
	refused("\"robot-x86_64\"", "7", "board: want a board's name");
	refused("\"robot-x86_64\"", "\"a\\u0000b\"", "\\u0000 is not allowed");
	refused("robot-x86_64", "\xff", "unable to decode byte 0xff");
	refused("\"version\": 12", "\"version\": 12.5", "version: want a whole number");
	refused("\"version\": 12", "\"version\": -1", "version: want a whole number");
	refused("\"version\": 12", "\"version\": 1e3", "version: want a whole number");
	refused("\"version\": 12", "\"version\": 99999999999999999999", "too big");
	refused("\"version\": 12", "\"version\": 6", "floor: want no more than");
	refused("\"release\": 1", "\"release\": 2", "release: of format 2");
	refused("\"release\": 1", "\"release\": \"1\"", "release: want a whole number");
	refused("c1c1", "C1c1", "content_id: want 64 hex digits");
	refused("c1c1", "c1", "content_id: want 64 hex digits");
	refused("5a5a", "5a5a5a", "sha256: want 64 hex digits");
	refused("0202", "020g", "chunks: want 64 hex digits");
	refused("\"issued\": 1790000000", "\"issued\": 1800000000", "expires: want a");
	refused("\"size\": 196607", "\"size\": 0", "size: want 1 byte to 1 GiB");
	refused("\"size\": 196607", "\"size\": 1073741825", "size: want 1 byte to");
	refused("\"size\": 196607", "\"size\": 196609", "chunks: want one hash a chunk");
	refused("\"size\": 196607", "\"size\": 131072", "chunks: want one hash a chunk");
	refused("\"chunk_size\": 65536", "\"chunk_size\": 65537", "want a power of two");
	refused("\"chunk_size\": 65536", "\"chunk_size\": 32768", "want a power of two");
	refused("\"chunk_size\": 65536", "\"chunk_size\": 2097152", "a power of two");
}

static void
test_release_unknown_missing_and_double_keys_are_refused(void **state)
{
	static const char *const keys[] = {"board", "content_id", "expires", "floor",
		"image", "issued", "version", "size", "sha256", "chunk_size", "chunks"};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char from[32], to[32];

		snprintf(from, sizeof(from), "\"%s\":", keys[i]);
		snprintf(to, sizeof(to), "\"x%s\":", keys[i]);
		refused(from, to, "unknown key");
	}
	refused("\"release\":", "\"Release\":", "release: want a whole number");
	refused("\"floor\": 7", "\"floor\": 7, \"floor\": 7", "duplicate object key");
	refused("\"floor\": 7,", "", "floor: missing key");
	refused("{", "[{", "");
	assert_int_equal(parse(""), -EINVAL);
	assert_int_equal(parse("[]"), -EINVAL);
	assert_int_equal(parse("{}"), -EINVAL);
}

static void
test_release_kernel_is_in_the_image(void **state)
{
	char *with;

	(void)state;
	release.kernel_offset = 8192;
	release.kernel_size = release.size - 8192;
	assert_int_equal(release_format(&release, &with, &e), 0);
	assert_int_equal(parse(with), 0);
	assert_memory_equal(&back, &release, sizeof(back));
	free(text);
	text = with;
	refused("\"offset\": 8192", "\"offset\": 8191", "kernel: want whole pages");
	refused("\"offset\": 8192", "\"offset\": 0", "kernel: want whole pages");
	refused("\"offset\": 8192", "\"offset\": 12288", "kernel: want whole pages");
	refused("\"offset\": 8192", "\"offset\": 9223372036854771712", "kernel: want");
	refused("\"offset\": 8192", "\"offset\": -1", "offset: want a whole number");
	refused("\"offset\": 8192", "\"offset\": 8192, \"x\": 1", "x: unknown key");
	refused("\"offset\": 8192,", "", "offset: missing key");
	refused("\"size\": 188415", "\"size\": 188416", "kernel: want whole pages");
	refused("\"size\": 188415", "\"size\": 0", "kernel: want whole pages");
}

static void
test_release_too_large_is_not_looked_at(void **state)
{
	char *large = malloc(RELEASE_TEXT + 1);

	(void)state;
	memset(large, ' ', RELEASE_TEXT + 1);
	assert_int_equal(release_parse(&back, "r", large, RELEASE_TEXT + 1, &e), -EINVAL);
	assert_string_equal(e.text, "r: larger than 98304 bytes");
	/* Nesting cannot use up the stack. */
	memset(large, '[', RELEASE_TEXT);
	assert_int_equal(release_parse(&back, "r", large, RELEASE_TEXT, &e), -EINVAL);
	free(large);
}

static void
test_release_largest_image_fits(void **state)
{
	char *largest;

	(void)state;
	assert_int_equal(release_chunk_size(1), 65536);
	assert_int_equal(release_chunk_size(64 << 20), 65536);
	assert_int_equal(release_chunk_size((64 << 20) + 1), 131072);
	assert_int_equal(release_chunk_size(RELEASE_IMAGE_MOST), 1 << 20);
	release.size = RELEASE_IMAGE_MOST;
	release.chunk_size = release_chunk_size(release.size);
	release.chunks = RELEASE_CHUNKS;
	assert_int_equal(release_chunk_bytes(&release, RELEASE_CHUNKS - 1), 1 << 20);
	assert_int_equal(release_format(&release, &largest, &e), 0);
	assert_int_equal(parse(largest), 0);
	assert_memory_equal(&back, &release, sizeof(back));
	free(largest);
}

static void
test_release_one_chunk_too_many_is_refused(void **state)
{
	static const char mark[] = "\"chunks\": [";
	char *full, *more, *at;

	(void)state;
	release.size = (uint64_t)(RELEASE_CHUNKS + 1) * RELEASE_CHUNK_LEAST;
	release.chunks = RELEASE_CHUNKS;
	assert_int_equal(release_format(&release, &full, &e), 0);
	at = strstr(full, mark) + strlen(mark);
	assert_int_equal(
		asprintf(&more, "%.*s\"%064d\",%s", (int)(at - full), full, 7, at),
		strlen(full) + 67);
	assert_int_equal(parse(more), -EINVAL);
	assert_non_null(strstr(e.text, "chunks: want one hash a chunk, at most 1024"));
	free(full);
	free(more);
}

static void
test_update_head_reads_back_and_is_bounded(void **state)
{
	struct update_head head = {.release_size = 3000, .signatures_size = 400}, got;
	uint8_t bytes[UPDATE_HEAD];

	(void)state;
	update_head_pack(&head, bytes);
	assert_int_equal(update_head_parse(&got, "u", bytes, &e), 0);
	assert_int_equal(got.release_size, 3000);
	assert_int_equal(got.signatures_size, 400);
	for (size_t i = 0; i < UPDATE_HEAD; i++) {
		/* The sizes are judged by what they lead to. */
		if (i >= 12 && i < 20)
			continue;
		bytes[i] ^= 1;
		assert_true(update_head_parse(&got, "u", bytes, &e) < 0);
		bytes[i] ^= 1;
	}
	head.release_size = RELEASE_TEXT + 1;
	update_head_pack(&head, bytes);
	assert_int_equal(update_head_parse(&got, "u", bytes, &e), -EINVAL);
	head = (struct update_head){
		.release_size = 1, .signatures_size = MINISIGN_KEYS * MINISIGN_TEXT + 1};
	update_head_pack(&head, bytes);
	assert_int_equal(update_head_parse(&got, "u", bytes, &e), -EINVAL);
	head = (struct update_head){.release_size = 1, .signatures_size = 0};
	update_head_pack(&head, bytes);
	assert_int_equal(update_head_parse(&got, "u", bytes, &e), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_release_reads_back_whole, make_release, drop_text),
		cmocka_unit_test_setup_teardown(
			test_release_each_field_malformed_is_named, make_release,
			drop_text),
		cmocka_unit_test_setup_teardown(
			test_release_unknown_missing_and_double_keys_are_refused,
			make_release, drop_text),
		cmocka_unit_test_setup_teardown(
			test_release_kernel_is_in_the_image, make_release, drop_text),
		cmocka_unit_test_setup_teardown(
			test_release_too_large_is_not_looked_at, make_release, drop_text),
		cmocka_unit_test_setup_teardown(
			test_release_one_chunk_too_many_is_refused, make_release,
			drop_text),
		cmocka_unit_test_setup_teardown(
			test_release_largest_image_fits, make_release, drop_text),
		cmocka_unit_test(test_update_head_reads_back_and_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
