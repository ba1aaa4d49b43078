/* SPDX-License-Identifier: ISC */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "builder/base/options.h"
#include "lib/error.h"

/* main.c has it, which no test is linked with. */
__attribute__((weak)) struct options options;

/*
 * A private folder for a test's files: the current folder and Ingot's only tree while the
 * group runs, so that messages name files as a person in the checkout would read them.
 */
static char scratch_dir[] = "/tmp/ingot-test-XXXXXX";

static inline int
scratch_enter(void **state)
{
	(void)state;
	if (!mkdtemp(scratch_dir) || chmod(scratch_dir, 0755) < 0 ||
		chdir(scratch_dir) < 0)
		return -1;
	return setenv("INGOT_TREE", ".", 1);
}

static inline int
scratch_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int
scratch_leave(void **state)
{
	(void)state;
	if (chdir("/") < 0)
		return -1;
	return nftw(scratch_dir, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* Makes the folders that path lies in. */
static inline void
scratch_parents(const char *path)
{
	char *copy = strdup(path);

	assert_non_null(copy);
	for (char *p = strchr(copy, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(copy, 0755);
		*p = '/';
	}
	free(copy);
}

static inline void
scratch_bytes(const char *path, const void *data, size_t size)
{
	FILE *file;

	scratch_parents(path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static inline void
scratch_write(const char *path, const char *text)
{
	scratch_bytes(path, text, strlen(text));
}

/* Text, as path, is refused by read() with exactly this message; its -errno. */
static inline int
scratch_refused(const char *path, const char *text,
	int (*read)(const char *path, struct error *e), const char *message)
{
	struct error e = {.text = ""};
	int r;

	scratch_write(path, text);
	r = read(path, &e);
	assert_true(r < 0);
	assert_string_equal(e.text, message);
	return r;
}

/*
 * What no reader of path may take, and what it says: read() reads path, which is written
 * anew for each case. The cases are those that all INI files share; *e is the message.
 */
static inline void
scratch_hostile(const char *path, int (*read)(const char *path, struct error *e))
{
	static const struct {
		const char *data;
		size_t size;
		const char *message;
	} faults[] = {
		{"[a]\nb = \0\n", 10, ":2: NUL byte: this is not a text file"},
		{"[a]\nb = \xc3(\n", 11, ":2: byte 0xc3 is not UTF-8"},
		{"[a]\r\nb = c\r\n", 12,
			":1: carriage return: save it with Unix line ends"},
		{"a = b\n", 6, ":1: text before the first [section]"},
		{"[a]\nb = c\nb = d\n", 16, ":3: b: given twice in [a], first in line 2"},
		{"[a]\n[b]\n[a]\n", 12, ":3: [a]: given twice, first in line 1"},
		{"[a]\nb = c\n", 10, ":1: [a]: unknown section"},
	};
	char want[256];
	struct error e;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		e.text[0] = '\0';
		scratch_bytes(path, faults[i].data, faults[i].size);
		assert_true(read(path, &e) < 0);
		(void)snprintf(want, sizeof(want), "%s%s", path, faults[i].message);
		assert_string_equal(e.text, want);
	}
}

/* The same for a line of 1 MB, a file above 1 MiB, a folder, no file and no permission.
 */
static inline void
scratch_unreadable(const char *path, int (*read)(const char *path, struct error *e))
{
	static char big[1100000];
	static const struct {
		size_t size;
		const char *message;
	} sizes[] = {
		{1000000, ":2: line longer than 65536 bytes"},
		{1100000, ": larger than 1048576 bytes"},
	};
	int root = geteuid() == 0;
	char want[256];
	struct error e;

	memset(big, 'x', sizeof(big));
	memcpy(big, "[a]\nb =", 7);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		scratch_bytes(path, big, sizes[i].size);
		assert_true(read(path, &e) < 0);
		(void)snprintf(want, sizeof(want), "%s%s", path, sizes[i].message);
		assert_string_equal(e.text, want);
	}
	assert_int_equal(chmod(path, 0), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(read(path, &e), -EACCES);
	if (root)
		assert_int_equal(seteuid(0), 0);
	(void)snprintf(want, sizeof(want), "%s: cannot open: Permission denied", path);
	assert_string_equal(e.text, want);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(read(path, &e), -ENOENT);
	(void)snprintf(
		want, sizeof(want), "%s: cannot open: No such file or directory", path);
	assert_string_equal(e.text, want);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(read(path, &e), -EISDIR);
	(void)snprintf(want, sizeof(want), "%s: is a directory, want a file", path);
	assert_string_equal(e.text, want);
	assert_int_equal(rmdir(path), 0);
}

#endif
