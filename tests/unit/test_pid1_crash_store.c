/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "pid1/log/crash_store.c"

/* A folder of its own for each test, in the group's. */
static int
enter(void **state)
{
	char name[] = "test-XXXXXX";

	(void)state;
	return mkdtemp(name) ? chdir(name) : -1;
}

static int
leave(void **state)
{
	(void)state;
	return chdir("..");
}

static int
keep(const char *service, const char *text, size_t files, uint64_t bytes)
{
	struct crash_store store;
	int r = crash_store_begin(&store, "store", files, bytes, service, "report");

	if (r < 0)
		return r;
	r = crash_store_write(&store, text, strlen(text));
	if (r == 0)
		return crash_store_commit(&store);
	crash_store_abandon(&store);
	return r;
}

/* The names in the store, sorted, with a blank behind each. */
static const char *
names(void)
{
	static char text[4096];
	struct dirent **list;
	int n = scandir("store", &list, NULL, alphasort);

	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		if (strcmp(list[i]->d_name, ".") != 0 &&
			strcmp(list[i]->d_name, "..") != 0) {
			strcat(text, list[i]->d_name);
			strcat(text, " ");
		}
		free(list[i]);
	}
	free(list);
	return text;
}

static void
test_crash_store_keeps_the_newest_by_count(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(keep("motor", "text", 3, 1 << 20), 0);
	assert_string_equal(names(),
		"00000003.motor.report 00000004.motor.report 00000005.motor.report ");
}

static void
test_crash_store_keeps_the_newest_by_bytes(void **state)
{
	char text[400];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 5; i++)
		assert_int_equal(keep("a", text, 100, 1000), 0);
	assert_string_equal(names(), "00000004.a.report 00000005.a.report ");
	/* One that is larger than all of it takes nothing else with it. */
	assert_int_equal(keep("b", text, 100, 300), -EFBIG);
	assert_string_equal(names(), "00000004.a.report 00000005.a.report ");
}

static void
test_crash_store_leaves_what_is_not_its_own(void **state)
{
	(void)state;
	assert_int_equal(mkdir("store", 0700), 0);
	scratch_write("store/notes", "mine");
	scratch_write("store/1.report", "mine");
	scratch_write(
		"store/.new.report", "left by a power cut, and longer than the next");
	assert_int_equal(keep("a", "1", 1, 100), 0);
	assert_int_equal(keep("b", "22", 1, 100), 0);
	assert_string_equal(names(), "00000002.b.report 1.report notes ");
	scratch_write("store/99999999.z.report", "the last number");
	assert_int_equal(keep("c", "3", 10, 100), 0);
	assert_string_equal(names(),
		"00000002.b.report 1.report 99999999.c.report 99999999.z.report notes ");
}

static void
test_crash_store_one_writer_a_kind(void **state)
{
	struct crash_store one, two, core;

	(void)state;
	assert_int_equal(crash_store_begin(&one, "store", 5, 99, "a", "report"), 0);
	assert_int_equal(
		crash_store_begin(&two, "store", 5, 99, "b", "report"), -EWOULDBLOCK);
	assert_int_equal(crash_store_begin(&core, "store", 5, 99, "b", "core"), 0);
	assert_int_equal(crash_store_write(&core, "x", 1), 0);
	assert_int_equal(crash_store_commit(&core), 0);
	crash_store_abandon(&one);
	assert_string_equal(names(), "00000001.b.core ");
}

static void
test_crash_store_without_a_folder_says_why(void **state)
{
	struct crash_store store;

	(void)state;
	assert_int_equal(
		crash_store_begin(&store, "no/store", 5, 99, "a", "report"), -ENOENT);
	assert_int_equal(symlink("/tmp", "link"), 0);
	assert_true(crash_store_begin(&store, "link", 5, 99, "a", "report") < 0);
}

static off_t
size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* A core that does not fit is not written to the end first. */
static void
test_crash_store_is_never_filled_over_its_bytes(void **state)
{
	struct crash_store store;
	char text[60];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(crash_store_begin(&store, "store", 5, 100, "a", "core"), 0);
	assert_int_equal(crash_store_write(&store, text, sizeof(text)), 0);
	assert_int_equal(crash_store_write(&store, text, sizeof(text)), -EFBIG);
	assert_int_equal(size_of("store/.new.core"), sizeof(text));
	assert_int_equal(crash_store_write(&store, text, 40), 0);
	assert_int_equal(crash_store_commit(&store), 0);
	assert_int_equal(size_of("store/00000001.a.core"), 100);
}

static void
test_crash_store_begins_with_nothing_of_what_was_left(void **state)
{
	(void)state;
	assert_int_equal(mkdir("store", 0700), 0);
	scratch_write(
		"store/.new.report", "left by a power cut, and longer than the next");
	/* eight digits, but none of its files: its bytes do not count */
	scratch_write(
		"store/99999998report", "mine, and of more bytes than there may be");
	assert_int_equal(keep("a", "short", 5, 20), 0);
	assert_string_equal(names(), "00000001.a.report 99999998report ");
	assert_int_equal(size_of("store/00000001.a.report"), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_crash_store_keeps_the_newest_by_count, enter, leave),
		cmocka_unit_test_setup_teardown(
			test_crash_store_keeps_the_newest_by_bytes, enter, leave),
		cmocka_unit_test_setup_teardown(
			test_crash_store_leaves_what_is_not_its_own, enter, leave),
		cmocka_unit_test_setup_teardown(
			test_crash_store_one_writer_a_kind, enter, leave),
		cmocka_unit_test_setup_teardown(
			test_crash_store_without_a_folder_says_why, enter, leave),
		cmocka_unit_test_setup_teardown(
			test_crash_store_is_never_filled_over_its_bytes, enter, leave),
		cmocka_unit_test_setup_teardown(
			test_crash_store_begins_with_nothing_of_what_was_left, enter,
			leave),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
