/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The builder's objects are linked in, pid1's are not. */
#include "pid1/isolate/limit.c"

static const struct config_limits none = {
	.memory_max = UINT64_MAX, .tasks_max = UINT64_MAX};

static void
test_limit_none_asked_nothing_written(void **state)
{
	char text[LIMIT_TEXT];
	const char *file;

	(void)state;
	for (size_t i = 0; i < LIMIT_FILES; i++) {
		assert_false(limit_text(&none, i, &file, text));
		assert_non_null(file);
	}
	assert_int_equal(limit_needs(&none), 0);
}

static void
test_limit_each_asked_written_as_the_kernel_reads_it(void **state)
{
	static const struct config_limits all = {.memory_min = 1 << 20,
		.memory_high = 3 << 20,
		.memory_max = 4 << 20,
		.tasks_max = 9,
		.cpu_weight = 50,
		.cpu_quota_us = 20000,
		.io_weight = 70,
		.cpus = "0-1,3"};
	static const char *const want[LIMIT_FILES][2] = {
		{"memory.min", "1048576"},
		{"memory.high", "3145728"},
		{"memory.max", "4194304"},
		{"pids.max", "9"},
		{"cpu.weight", "50"},
		{"cpu.max", "20000 100000"},
		{"io.weight", "default 70"},
		{"cpuset.cpus", "0-1,3"},
	};
	char text[LIMIT_TEXT];
	const char *file;

	(void)state;
	for (size_t i = 0; i < LIMIT_FILES; i++) {
		assert_true(limit_text(&all, i, &file, text));
		assert_string_equal(file, want[i][0]);
		assert_string_equal(text, want[i][1]);
	}
	assert_int_equal(limit_needs(&all), 0x1f);
}

static void
test_limit_zero_is_a_limit_where_the_kernel_has_no_limit_else(void **state)
{
	struct config_limits limits = none;

	(void)state;
	limits.memory_max = 0;
	assert_int_equal(limit_needs(&limits), LIMIT_MEMORY);
	limits.tasks_max = 0;
	assert_int_equal(limit_needs(&limits), LIMIT_MEMORY | LIMIT_PIDS);
}

static void
test_limit_controllers_whole_words_only(void **state)
{
	(void)state;
	assert_int_equal(limit_controllers(""), 0);
	assert_int_equal(limit_controllers("cpuset cpu io memory pids\n"), 0x1f);
	assert_int_equal(limit_controllers("cpuset\n"), LIMIT_CPUSET);
	assert_int_equal(limit_controllers("hugetlb  pids rdma"), LIMIT_PIDS);
	assert_int_equal(limit_controllers("cpus mem"), 0);
}

static void
test_limit_slices_have_a_folder_each(void **state)
{
	(void)state;
	assert_string_equal(limit_slice_name(SLICE_SERVICES), "services");
	assert_string_equal(limit_slice_name(SLICE_CRITICAL), "critical");
	assert_string_equal(limit_slice_name(SLICE_SPECULATIVE), "speculative");
	assert_string_equal(limit_slice_name(200), "services");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit_none_asked_nothing_written),
		cmocka_unit_test(test_limit_each_asked_written_as_the_kernel_reads_it),
		cmocka_unit_test(
			test_limit_zero_is_a_limit_where_the_kernel_has_no_limit_else),
		cmocka_unit_test(test_limit_controllers_whole_words_only),
		cmocka_unit_test(test_limit_slices_have_a_folder_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
