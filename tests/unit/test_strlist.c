/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/strlist.h"

static void
test_strlist_splits_on_all_blanks(void **state)
{
	struct strlist list = {0};

	(void)state;
	assert_int_equal(strlist_split(&list, " one\ttwo\n\n three "), 0);
	assert_int_equal(strlist_split(&list, "  \n"), 0);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.item[0], "one");
	assert_string_equal(list.item[1], "two");
	assert_string_equal(list.item[2], "three");
	assert_true(strlist_has(&list, "two"));
	assert_false(strlist_has(&list, "tw"));
	strlist_free(&list);
	assert_int_equal(list.count, 0);
	assert_null(list.item);
}

static void
test_strlist_of_many_is_sorted_by_bytes(void **state)
{
	struct strlist list = {0};
	char text[16];

	(void)state;
	strlist_sort(&list);
	for (int i = 999; i >= 0; i--) {
		snprintf(text, sizeof(text), "n%03d", i);
		assert_int_equal(strlist_add(&list, text), 0);
	}
	assert_int_equal(strlist_add(&list, "\xc3\xa9"), 0);
	assert_int_equal(strlist_add(&list, "Z"), 0);
	strlist_sort(&list);
	assert_int_equal(list.count, 1002);
	assert_string_equal(list.item[0], "Z");
	assert_string_equal(list.item[1], "n000");
	assert_string_equal(list.item[1000], "n999");
	assert_string_equal(list.item[1001], "\xc3\xa9");
	strlist_free(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strlist_splits_on_all_blanks),
		cmocka_unit_test(test_strlist_of_many_is_sorted_by_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
