/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include <fcntl.h>

#include "pid1/outbox/pick.c"

static const struct config_outbox config = {.priorities = {"critical", "bulk"}};

static void
put(const char *path, const char *text, time_t when)
{
	const struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};

	scratch_write(path, text);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static int
fresh(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	scratch_write("box/critical/.keep", "");
	scratch_write("box/bulk/.keep", "");
	return outbox_open(&config, "box");
}

static void
picks(size_t below, uint64_t now_ms, const char *name, struct outbox_file *file)
{
	assert_true(outbox_pick(&config, below, now_ms, file));
	assert_string_equal(file->name, name);
	outbox_close(file);
}

static void
test_outbox_takes_the_first_priority_and_the_oldest_first(void **state)
{
	struct outbox_file file;

	(void)state;
	assert_false(outbox_pick(&config, CONFIG_PRIORITIES, 0, &file));
	put("box/bulk/a", "1", 1);
	picks(CONFIG_PRIORITIES, 0, "a", &file);
	put("box/critical/z", "22", 9);
	put("box/critical/y", "333", 9);
	put("box/critical/x", "4444", 10);
	picks(CONFIG_PRIORITIES, 0, "y", &file);
	assert_int_equal(file.priority, 0);
	assert_int_equal(file.size, 3);
	picks(1, 0, "y", &file);
	assert_false(outbox_pick(&config, 0, 0, &file));
	outbox_done(&config, &file);
	picks(CONFIG_PRIORITIES, 0, "z", &file);
	outbox_done(&config, &file);
	picks(CONFIG_PRIORITIES, 0, "x", &file);
	outbox_done(&config, &file);
	assert_false(outbox_pick(&config, 1, 0, &file));
	picks(CONFIG_PRIORITIES, 0, "a", &file);
	outbox_done(&config, &file);
	assert_int_equal(access("box/bulk/a", F_OK), -1);
}

static void
test_outbox_leaves_alone_what_is_no_finished_file(void **state)
{
	struct outbox_file file;

	(void)state;
	put("box/bulk/.being-written", "1", 1);
	assert_int_equal(symlink("/etc/passwd", "box/bulk/link"), 0);
	assert_int_equal(mkfifo("box/bulk/fifo", 0600), 0);
	assert_int_equal(mkdir("box/bulk/folder", 0700), 0);
	assert_false(outbox_pick(&config, CONFIG_PRIORITIES, 0, &file));
}

static void
test_outbox_changed_after_it_was_sent_stays(void **state)
{
	struct outbox_file file;

	(void)state;
	put("box/bulk/a", "1", 1);
	picks(CONFIG_PRIORITIES, 0, "a", &file);
	put("box/bulk/a", "12", 1);
	outbox_done(&config, &file);
	picks(CONFIG_PRIORITIES, 0, "a", &file);
	put("box/bulk/.new", "34", 1);
	assert_int_equal(rename("box/bulk/.new", "box/bulk/a"), 0);
	outbox_done(&config, &file);
	picks(CONFIG_PRIORITIES, 0, "a", &file);
	outbox_done(&config, &file);
	assert_false(outbox_pick(&config, CONFIG_PRIORITIES, 0, &file));
}

static void
test_outbox_refused_comes_again_later(void **state)
{
	struct outbox_file file;

	(void)state;
	put("box/bulk/a", "1", 1);
	put("box/bulk/b", "1", 2);
	picks(CONFIG_PRIORITIES, 5, "a", &file);
	outbox_put_off(&file, 5);
	picks(CONFIG_PRIORITIES, 5, "b", &file);
	outbox_done(&config, &file);
	assert_false(outbox_pick(&config, CONFIG_PRIORITIES, 5, &file));
	picks(CONFIG_PRIORITIES, OUTBOX_REFUSED_MS + 5, "a", &file);
	outbox_done(&config, &file);
}

static void
test_outbox_times_stay_in_their_bounds(void **state)
{
	(void)state;
	assert_int_equal(outbox_due_ms(1000, 0), 0);
	assert_int_equal(outbox_due_ms(0, 1024), 0);
	assert_int_equal(outbox_due_ms(1536, 1024), 1500);
	assert_int_equal(outbox_due_ms(UINT64_MAX / 2000, 1000), UINT64_MAX / 2000);
	assert_int_equal(outbox_pause_ms(0), 1000);
	assert_int_equal(outbox_pause_ms(1), 1000);
	assert_int_equal(outbox_pause_ms(2), 2000);
	assert_int_equal(outbox_pause_ms(7), 64000);
	assert_int_equal(outbox_pause_ms(100000), 64000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_outbox_takes_the_first_priority_and_the_oldest_first),
		cmocka_unit_test(test_outbox_leaves_alone_what_is_no_finished_file),
		cmocka_unit_test(test_outbox_changed_after_it_was_sent_stays),
		cmocka_unit_test(test_outbox_refused_comes_again_later),
		cmocka_unit_test(test_outbox_times_stay_in_their_bounds),
	};

	return cmocka_run_group_tests(tests, fresh, scratch_leave);
}
