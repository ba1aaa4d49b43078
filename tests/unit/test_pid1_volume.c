/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/config.h"
#include "pid1/start/volume.c"

/* Two checks in one cgroup would end each other in the middle of a repair. */
static void
test_volume_no_two_checks_have_one_name(void **state)
{
	static const char *const paths[] = {
		"/x-a-2", "/x-a", "/x_a", "/x/a", "/mnt/A", "/mnt/B", "/mnt/C", "/data"};
	char names[8][VOLUME_NAME];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		volume_check_name(names, i, paths[i]);
		assert_true(config_is_name(names[i]));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(names[i], names[k]);
	}
	assert_string_equal(names[1], "fsck-x-a");
	assert_string_equal(names[7], "fsck-data");
}

static void
test_volume_check_name_of_long_paths(void **state)
{
	char names[8][VOLUME_NAME], path[300];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	for (size_t i = 0; i < 8; i++) {
		volume_check_name(names, i, path);
		assert_true(config_is_name(names[i]));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(names[i], names[k]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_volume_no_two_checks_have_one_name),
		cmocka_unit_test(test_volume_check_name_of_long_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
