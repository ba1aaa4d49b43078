/* SPDX-License-Identifier: ISC */
#include "builder/build/twice.h"
#include "builder/store/store.h"
#include "lib/strlist.h"
#include "scratch.h"

#define TEXT(name, bytes, hash)                                                          \
	{                                                                                \
		.path = name, .mode = S_IFREG | 0644, .size = bytes, .sha256 = hash      \
	}
#define LINK(name, target)                                                               \
	{                                                                                \
		.path = name, .mode = S_IFLNK | 0777, .link = target                     \
	}

/* Both lists sorted by path, as an index is. */
static char a[] = "a", b[] = "b", c[] = "c", d[] = "d", l[] = "l", m[] = "m", z[] = "z";
static struct store_file first[] = {TEXT(a, 1, "11"), TEXT(b, 1, "11"), TEXT(c, 1, "11"),
	TEXT(d, 1, "11"), LINK(l, a), LINK(m, a)};
static struct store_file second[] = {TEXT(a, 1, "11"), TEXT(b, 1, "22"), TEXT(c, 2, "22"),
	{.path = d, .mode = S_IFREG | 0755, .size = 1, .sha256 = "11"}, LINK(l, b),
	TEXT(m, 1, "11"), TEXT(z, 1, "11")};

static void
test_twice_equal_results_have_no_lines(void **state)
{
	const struct store_index one = {.file = first, .count = 6}, none = {.count = 0};
	struct strlist lines = {0};

	(void)state;
	assert_int_equal(twice_compare(&one, &one, &lines), 0);
	assert_int_equal(twice_compare(&none, &none, &lines), 0);
	assert_int_equal(lines.count, 0);
}

static void
test_twice_every_kind_of_difference_is_named(void **state)
{
	static const char *const want[] = {"b: other bytes, as many",
		"c: 1 bytes, then 2", "d: mode 0644, then 0755",
		"l: a link to a, then to b", "m: not even the same kind of file",
		"z: only the second time"};
	const struct store_index one = {.file = first, .count = 6};
	const struct store_index two = {.file = second, .count = 7};
	const struct store_index none = {.count = 0};
	struct strlist lines = {0};

	(void)state;
	assert_int_equal(twice_compare(&one, &two, &lines), 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(lines.item[i], want[i]);
	strlist_free(&lines);
	assert_int_equal(twice_compare(&one, &none, &lines), 6);
	assert_string_equal(lines.item[5], "m: only the first time");
	strlist_free(&lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twice_equal_results_have_no_lines),
		cmocka_unit_test(test_twice_every_kind_of_difference_is_named),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
