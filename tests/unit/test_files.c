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

#include <cmocka.h>

#include "lib/error.h"
#include "lib/files.h"

#define HASH "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define HEAD "board b\nversion 3\nfloor 2\n"

static struct error e;

/* Reads all of it: the number of entries, or the error. */
static int
read_all(const char *text, size_t size)
{
	struct files_reader reader;
	struct files_entry entry;
	struct files_head head;
	int count = 0, r = files_open(&reader, "files", text, size, &head, &e);

	while (r == 0) {
		r = files_next(&reader, &entry, &e);
		if (r <= 0)
			break;
		count++;
		r = 0;
	}
	return r < 0 ? r : count;
}

static void
expect_refused(const char *text, const char *message)
{
	assert_int_equal(read_all(text, strlen(text)), -EINVAL);
	assert_string_equal(e.text, message);
}

static void
test_files_written_reads_back(void **state)
{
	static const char want[] = HEAD "d 0755 0 0 0 - /bin\n"
					"f 4755 1 2 3 " HASH " /bin/a b\n"
					"l 0777 0 0 7 " HASH " /bin/c\n"
					"c 0600 0 0 0 - /dev/console\n";
	static const struct files_entry entries[] = {
		{'d', 0755, 0, 0, 0, "-", "/bin"},
		{'f', 04755, 1, 2, 3, HASH, "/bin/a b"},
		{'l', 0777, 0, 0, 7, HASH, "/bin/c"},
		{'c', 0600, 0, 0, 0, "-", "/dev/console"},
	};
	static struct files_entry back;
	struct files_reader reader;
	struct files_head head = {"b", 3, 2};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(files_write_head(out, &head, &e), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(files_write_entry(out, &entries[i], &e), 0);
	fclose(out);
	assert_string_equal(text, want);
	memset(&head, 0, sizeof(head));
	assert_int_equal(files_open(&reader, "files", text, size, &head, &e), 0);
	assert_string_equal(head.board, "b");
	assert_true(head.version == 3 && head.floor == 2);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(files_next(&reader, &back, &e), 1);
		assert_int_equal(back.type, entries[i].type);
		assert_int_equal(back.mode, entries[i].mode);
		assert_int_equal(back.uid, entries[i].uid);
		assert_int_equal(back.gid, entries[i].gid);
		assert_true(back.size == entries[i].size);
		assert_string_equal(back.sha256, entries[i].sha256);
		assert_string_equal(back.path, entries[i].path);
	}
	assert_int_equal(files_next(&reader, &back, &e), 0);
	free(text);
}

static void
test_files_bad_text_is_refused_with_its_line(void **state)
{
	(void)state;
	expect_refused("", "files:1: cut off: want a line that ends");
	expect_refused("version 1\n", "files:1: want \"board NAME\"");
	expect_refused("board ../x\n", "files:1: want \"board NAME\"");
	expect_refused("board b\nversion 01\n", "files:2: want \"version N\"");
	expect_refused("board b\nversion 1\nfloor\n", "files:3: want \"floor N\"");
	expect_refused(
		"board b\nversion 18446744073709551616\n", "files:2: want \"version N\"");
	expect_refused(
		HEAD "d 0755 0 0 0 - /bin", "files:4: cut off: want a line that ends");
	expect_refused(HEAD "d 755 0 0 0 - /bin\n",
		"files:4: want \"TYPE MODE UID GID SIZE SHA256 PATH\"");
	expect_refused(HEAD "d 0755  0 0 0 - /bin\n",
		"files:4: want \"TYPE MODE UID GID SIZE SHA256 PATH\"");
	expect_refused(HEAD "d 0755 0 4294967296 0 - /bin\n",
		"files:4: want \"TYPE MODE UID GID SIZE SHA256 PATH\"");
	expect_refused(
		HEAD "s 0755 0 0 0 - /bin\n", "files:4: want a type of f, d, l or c");
	expect_refused(HEAD "f 0755 0 0 0 - /bin\n",
		"files:4: want a SHA-256 for f and l, and - for d and c");
	expect_refused(
		HEAD "d 0755 0 0 1 - /bin\n", "files:4: want a size of 0 for d and c");
	expect_refused(HEAD "d 0755 0 0 0 - /b\nd 0755 0 0 0 - /b\n",
		"files:5: not after the path before it: want them sorted, each once");
	expect_refused(HEAD "d 0755 0 0 0 - /b\nd 0755 0 0 0 - /a\n",
		"files:5: not after the path before it: want them sorted, each once");
}

static void
test_files_paths_that_lead_astray_are_refused(void **state)
{
	static const char *const paths[] = {"bin", "", "/bin/", "//bin", "/bin//x",
		"/./bin", "/bin/..", "/../bin", "/bin/\x1b", "/.."};
	struct files_entry entry = {'d', 0755, 0, 0, 0, "-", ""};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(text, sizeof(text), HEAD "d 0755 0 0 0 - %s\n", paths[i]);
		expect_refused(text,
			"files:4: want an absolute path without empty parts, "
			"\"..\" or control bytes");
		snprintf(entry.path, sizeof(entry.path), "%s", paths[i]);
		assert_int_equal(files_write_entry(stderr, &entry, &e), -EINVAL);
	}
	assert_int_equal(read_all(HEAD "d 0755 0 0 0 - /\nd 0755 0 0 0 - /...\n", 63), 2);
}

static void
test_files_cut_off_anywhere_is_refused_or_whole_lines(void **state)
{
	static const char text[] =
		HEAD "d 0755 0 0 0 - /bin\nf 0755 0 0 3 " HASH " /bin/a\n";
	char *copy;

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		bool whole = n >= strlen(HEAD) && text[n - 1] == '\n';

		copy = malloc(n ? n : 1);
		assert_non_null(copy);
		memcpy(copy, text, n);
		assert_int_equal(read_all(copy, n) >= 0, whole);
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_written_reads_back),
		cmocka_unit_test(test_files_bad_text_is_refused_with_its_line),
		cmocka_unit_test(test_files_paths_that_lead_astray_are_refused),
		cmocka_unit_test(test_files_cut_off_anywhere_is_refused_or_whole_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
