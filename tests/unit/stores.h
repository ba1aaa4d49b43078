/* SPDX-License-Identifier: ISC */
#ifndef TESTS_STORES_H
#define TESTS_STORES_H

#include "scratch.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "builder/base/folder.h"
#include "builder/store/store_parts.h"

/* The builder's memory lives until its end, which here is in a child that says why it
 * died. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* A store of each test's own, and what the tests of the store share. */
#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fresh_store, drop_store)

static char *store_dir;

static inline int
fresh_store(void **state)
{
	(void)state;
	store_dir = realpath(scratch_dir, NULL);
	store_dir = realloc(store_dir, strlen(store_dir) + 32);
	strcat(store_dir, "/a store");
	options.store = store_dir;
	store_open();
	return 0;
}

static inline int
drop_store(void **state)
{
	(void)state;
	assert_int_equal(folder_remove(store_dir), 0);
	free(store_dir);
	return 0;
}

static inline void
put(const char *dir, const char *name, const char *text, mode_t mode)
{
	char path[1024];
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static inline void
folder(const char *dir, const char *name)
{
	char path[1024];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* A small result with one of everything, published; the work folder goes with the
 * process. */
static inline void
publish_small(const char *text, char tree[SHA256_HEX])
{
	char *work = store_work("test"), out[512], link[600];

	snprintf(out, sizeof out, "%s/out", work);
	assert_int_equal(mkdir(out, 0700), 0);
	folder(out, "bin");
	folder(out, "empty");
	put(out, "bin/run", "#!/bin/sh\n", 04755);
	put(out, "text", text, 0640);
	put(out, "closed", "secret", 0);
	snprintf(link, sizeof link, "%s/link", out);
	assert_int_equal(symlink("bin/run", link), 0);
	store_publish(out, tree);
	store_work_drop(work);
	free(work);
}

static inline const char *
in_tree(const char *tree, const char *name)
{
	static char path[512];

	snprintf(path, sizeof path, "%s/tree/%s/%s", store_dir, tree, name);
	return path;
}

/* Runs a function in a child, its stderr in text; the exit status, or 128 + signal. */
static inline int
in_child(void (*run)(void *), void *argument, char *text, size_t size)
{
	int ends[2], status;
	size_t at = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		run(argument);
		_exit(0);
	}
	close(ends[1]);
	while (at + 1 < size && (n = read(ends[0], text + at, size - 1 - at)) > 0)
		at += (size_t)n;
	text[at] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void
expect_sound(void *tree)
{
	char *root;

	if (!store_tree(tree, &root))
		_exit(10);
}

static inline size_t
count_entries(const char *name)
{
	char command[1024];
	size_t count = 0;
	FILE *list;

	snprintf(command, sizeof command, "ls -A '%s/%s' | wc -l", store_dir, name);
	list = popen(command, "r");
	assert_non_null(list);
	assert_int_equal(fscanf(list, "%zu", &count), 1);
	pclose(list);
	return count;
}

static inline void
open_other(void *path)
{
	options.store = path;
	store_open();
}

#endif
