/* SPDX-License-Identifier: ISC */
#include "scratch.h"

#include "builder/base/nearest.h"
#include "builder/base/options.h"
#include "builder/base/tree.h"

/* Two trees: the scratch folder itself and two/. */
static int
set_up(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	scratch_write("recipes/busybox/recipe.ini", "[recipe]\nname = busybox\n");
	scratch_write("recipes/hello/recipe.ini", "[recipe]\nname = hello\n");
	scratch_write("recipes/toolchain/x86_64.lock", "");
	scratch_write("recipes/stray", "");
	scratch_write("boards/q_1/board.ini", "[board]\nname = q_1\n");
	scratch_write("kernel-configs/base.config", "");
	scratch_write("two/recipes/mine/recipe.ini", "[recipe]\nname = mine\n");
	scratch_write("two/kernel-configs/extra.config", "");
	return 0;
}

static void
use_two(const char *tree)
{
	strlist_free(&options.trees);
	assert_int_equal(strlist_add(&options.trees, tree), 0);
}

static int
use_one(void **state)
{
	(void)state;
	strlist_free(&options.trees);
	return 0;
}

/* The path from the scratch folder on. */
static void
assert_below(const char *path, const char *want)
{
	size_t length = strlen(path), tail = strlen(want);

	assert_int_equal(path[0], '/');
	assert_true(length > tail);
	assert_string_equal(path + length - tail, want);
}

static void
test_tree_find_in_either_tree(void **state)
{
	struct error e = {.text = ""};
	char *found;

	(void)state;
	assert_int_equal(tree_find_recipe("hello", &found, &e), 0);
	assert_below(found, "/recipes/hello");
	free(found);
	assert_int_equal(tree_find_board("q_1", &found, &e), 0);
	assert_below(found, "/boards/q_1");
	free(found);
	assert_int_equal(tree_find_fragment("base", &found, &e), 0);
	assert_below(found, "/kernel-configs/base.config");
	free(found);
	use_two("two");
	assert_int_equal(tree_find_recipe("mine", &found, &e), 0);
	assert_below(found, "/two/recipes/mine");
	free(found);
	assert_int_equal(tree_find_fragment("extra", &found, &e), 0);
	free(found);
}

static void
test_tree_find_missing_names_the_nearest(void **state)
{
	struct error e;
	char *found;

	(void)state;
	assert_int_equal(tree_find_recipe("busybix", &found, &e), -ENOENT);
	assert_null(found);
	assert_string_equal(
		e.text, "no recipe \"busybix\" in 1 tree: did you mean \"busybox\"?");
	use_two("two");
	assert_int_equal(tree_find_recipe("zzzzzz", &found, &e), -ENOENT);
	assert_string_equal(e.text, "no recipe \"zzzzzz\" in 2 trees: --tree DIR adds another");
	assert_int_equal(tree_find_board("q-1", &found, &e), -ENOENT);
	assert_string_equal(e.text, "no board \"q-1\" in 2 trees: did you mean \"q_1\"?");
	assert_int_equal(tree_find_fragment("exta", &found, &e), -ENOENT);
	assert_string_equal(e.text,
		"no kernel config fragment \"exta\" in 2 trees: did you mean \"extra\"?");
	assert_int_equal(tree_find_recipe("toolchain", &found, &e), -ENOENT);
}

/* A name is no path: nothing outside of the folder can be reached by it. */
static void
test_tree_find_path_as_name_refused(void **state)
{
	struct error e;
	char *found;

	(void)state;
	assert_int_equal(tree_find_recipe("../recipes/hello", &found, &e), -ENOENT);
	assert_int_equal(tree_find_recipe("", &found, &e), -ENOENT);
	assert_int_equal(tree_find_recipe(".", &found, &e), -ENOENT);
}

static void
test_tree_find_in_both_needs_replaces(void **state)
{
	struct error e;
	char *found;

	(void)state;
	use_two("two");
	scratch_write("two/recipes/hello/recipe.ini", "[recipe]\nname = hello\n");
	assert_int_equal(tree_find_recipe("hello", &found, &e), -EEXIST);
	assert_string_equal(e.text,
		"recipe \"hello\" stands in two trees, recipes/hello/recipe.ini and two/recipes/hello/recipe.ini: rename one, or say \"replaces = hello\" in the later");
	scratch_write("two/recipes/hello/recipe.ini",
		"[recipe]\nname = hello\nreplaces = hello\n");
	assert_int_equal(tree_find_recipe("hello", &found, &e), 0);
	assert_below(found, "/two/recipes/hello");
	free(found);
	scratch_write("two/recipes/hello/recipe.ini", "nonsense\n");
	assert_int_equal(tree_find_recipe("hello", &found, &e), -EINVAL);
	scratch_write("two/kernel-configs/base.config", "");
	assert_int_equal(tree_find_fragment("base", &found, &e), -EEXIST);
	assert_string_equal(e.text,
		"kernel config fragment \"base\" stands in two trees, kernel-configs/base.config and two/kernel-configs/base.config: rename one");
	assert_int_equal(unlink("two/recipes/hello/recipe.ini"), 0);
	assert_int_equal(unlink("two/kernel-configs/base.config"), 0);
}

static void
test_tree_given_twice_is_one(void **state)
{
	struct error e;
	char *found;

	(void)state;
	use_two(scratch_dir);
	assert_int_equal(tree_find_recipe("hello", &found, &e), 0);
	free(found);
}

static void
test_tree_with_blanks_in_its_path_found(void **state)
{
	struct error e = {.text = ""};
	char *found;

	(void)state;
	scratch_write("a  tree/recipes/spaced/recipe.ini", "[recipe]\nname = spaced\n");
	use_two("a  tree");
	assert_int_equal(tree_find_recipe("spaced", &found, &e), 0);
	assert_below(found, "/a  tree/recipes/spaced");
	free(found);
}

static void
test_tree_missing_refused(void **state)
{
	struct error e;
	struct strlist names = {0};
	char *found;

	(void)state;
	use_two("three");
	assert_int_equal(tree_find_recipe("hello", &found, &e), -ENOENT);
	assert_string_equal(e.text, "tree three: No such file or directory");
	assert_int_equal(tree_list_recipes(&names, &e), -ENOENT);
	strlist_free(&names);
	use_two("recipes/stray");
	assert_int_equal(tree_find_recipe("hello", &found, &e), -ENOTDIR);
	assert_string_equal(e.text, "tree recipes/stray: want a folder");
}

static void
test_tree_list_sorted_without_strays(void **state)
{
	struct error e;
	struct strlist names = {0};

	(void)state;
	use_two("two");
	assert_int_equal(tree_list_recipes(&names, &e), 0);
	assert_int_equal(names.count, 3);
	assert_string_equal(names.item[0], "busybox");
	assert_string_equal(names.item[1], "hello");
	assert_string_equal(names.item[2], "mine");
	strlist_free(&names);
	assert_int_equal(tree_list_boards(&names, &e), 0);
	assert_int_equal(names.count, 1);
	assert_string_equal(names.item[0], "q_1");
	strlist_free(&names);
}

static void
test_tree_builtin_without_setting_is_the_programs_folder(void **state)
{
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)state;
	assert_true(length > 0);
	self[length] = '\0';
	*strrchr(self, '/') = '\0';
	assert_string_equal(tree_builtin(), ".");
	assert_int_equal(unsetenv("INGOT_TREE"), 0);
	assert_string_equal(tree_builtin(), self);
	assert_int_equal(setenv("INGOT_TREE", ".", 1), 0);
}

static void
test_nearest_slips_found_strangers_not(void **state)
{
	static const struct {
		const char *name, *want;
	} slips[] = {
		{"busybix", "busybox"}, /* changed */
		{"bsybox", "busybox"}, /* dropped */
		{"busyboxx", "busybox"}, /* added */
		{"busbyox", "busybox"}, /* swapped */
		{"mus", "musl"},
		{"linux", NULL},
		{"", NULL},
	};
	static char busybox[] = "busybox", musl[] = "musl";
	char *items[] = {busybox, musl};
	const struct strlist names = {.item = items, .count = 2};
	char huge[200];

	(void)state;
	for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
		const char *found = nearest(slips[i].name, &names);

		if (slips[i].want)
			assert_string_equal(found, slips[i].want);
		else
			assert_null(found);
	}
	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	assert_null(nearest(huge, &names));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_tree_find_in_either_tree, use_one),
		cmocka_unit_test_teardown(
			test_tree_find_missing_names_the_nearest, use_one),
		cmocka_unit_test(test_tree_find_path_as_name_refused),
		cmocka_unit_test_teardown(test_tree_find_in_both_needs_replaces, use_one),
		cmocka_unit_test_teardown(test_tree_given_twice_is_one, use_one),
		cmocka_unit_test_teardown(
			test_tree_with_blanks_in_its_path_found, use_one),
		cmocka_unit_test_teardown(test_tree_missing_refused, use_one),
		cmocka_unit_test_teardown(test_tree_list_sorted_without_strays, use_one),
		cmocka_unit_test(
			test_tree_builtin_without_setting_is_the_programs_folder),
		cmocka_unit_test(test_nearest_slips_found_strangers_not),
	};

	return cmocka_run_group_tests(tests, set_up, scratch_leave);
}
