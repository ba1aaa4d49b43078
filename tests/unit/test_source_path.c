/* SPDX-License-Identifier: ISC */
#include <fcntl.h>

#include "builder/source/source.h"
#include "builder/source/source_path.h"
#include "lib/sha256.h"
#include "scratch.h"

static void
identity_of(const char *const *paths, char hex[SHA256_HEX])
{
	struct recipe recipe = {0};
	struct error e;

	for (; *paths; paths++)
		assert_int_equal(strlist_add(&recipe.source.paths, *paths), 0);
	e.text[0] = '\0';
	if (source_path_identity(&recipe, hex, &e) < 0)
		fail_msg("%s", e.text);
	strlist_free(&recipe.source.paths);
}

static void
identity(const char *path, char hex[SHA256_HEX])
{
	identity_of((const char *const[]){path, NULL}, hex);
}

/* The same source each time, in a folder of any name. */
static void
make_tree(const char *dir)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/main.c", dir);
	scratch_write(path, "int main(void) { return 0; }\n");
	(void)snprintf(path, sizeof(path), "%s/run", dir);
	scratch_write(path, "#!/bin/sh\n");
	assert_int_equal(chmod(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/sub/deep/x", dir);
	scratch_write(path, "");
	(void)snprintf(path, sizeof(path), "%s/empty", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/link", dir);
	assert_int_equal(symlink("sub/deep", path), 0);
}

static void
drop_tree(const char *dir)
{
	assert_int_equal(nftw(dir, scratch_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void
test_source_path_identity_is_of_a_fixed_form(void **state)
{
	/* By hand: the SHA-256 over TYPE NUL NAME NUL VALUE NUL of each entry. */
	static const char entries[] = "d\0\0\0"
				      "f\0/a\0"
				      "2c26b46b68ffc68ff99b453c1d304134"
				      "13422d706483bfa0f98a5e886266e7ae\0"
				      "l\0/b\0a";
	char hex[SHA256_HEX], want[SHA256_HEX];
	struct sha256 hash;

	(void)state;
	scratch_write("fixed/a", "foo");
	assert_int_equal(symlink("a", "fixed/b"), 0);
	sha256_init(&hash);
	sha256_update(&hash, entries, sizeof(entries));
	sha256_final_hex(&hash, want);
	identity("fixed", hex);
	assert_string_equal(hex, want);
	drop_tree("fixed");
}

static void
change_byte(void)
{
	scratch_write("t/main.c", "int main(void) { return 1; }\n");
}

static void
change_name(void)
{
	assert_int_equal(rename("t/main.c", "t/main.d"), 0);
}

static void
change_place(void)
{
	assert_int_equal(rename("t/sub/deep/x", "t/sub/x"), 0);
}

static void
change_x_bit(void)
{
	assert_int_equal(chmod("t/run", 0644), 0);
}

static void
change_link(void)
{
	assert_int_equal(unlink("t/link"), 0);
	assert_int_equal(symlink("sub", "t/link"), 0);
}

static void
change_link_to_file(void)
{
	assert_int_equal(unlink("t/link"), 0);
	scratch_write("t/link", "sub/deep");
}

static void
add_folder(void)
{
	assert_int_equal(mkdir("t/sub/empty", 0755), 0);
}

static void
add_hidden(void)
{
	scratch_write("t/.gitignore", "");
}

static void
drop_folder(void)
{
	assert_int_equal(rmdir("t/empty"), 0);
}

static void
test_source_path_any_change_changes_the_identity(void **state)
{
	static void (*const changes[])(void) = {change_byte, change_name, change_place,
		change_x_bit, change_link, change_link_to_file, add_folder, add_hidden,
		drop_folder};
	static const size_t count = sizeof(changes) / sizeof(changes[0]);
	char seen[sizeof(changes) / sizeof(changes[0]) + 1][SHA256_HEX];

	(void)state;
	make_tree("t");
	identity("t", seen[0]);
	drop_tree("t");
	for (size_t i = 0; i < count; i++) {
		make_tree("t");
		changes[i]();
		identity("t", seen[i + 1]);
		for (size_t j = 0; j <= i; j++)
			assert_string_not_equal(seen[i + 1], seen[j]);
		drop_tree("t");
	}
}

static void
test_source_path_what_does_not_count_changes_nothing(void **state)
{
	static const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	char before[SHA256_HEX], after[SHA256_HEX];

	(void)state;
	make_tree("t");
	make_tree("elsewhere/with another name");
	identity("t", before);
	identity("elsewhere/with another name", after);
	assert_string_equal(after, before);
	scratch_write("t/.git/HEAD", "ref");
	scratch_write("t/sub/.git", "gitdir: elsewhere");
	scratch_write("t/main.c~", "old");
	scratch_write("t/sub/~", "old");
	assert_int_equal(chmod("t/main.c", 0600), 0);
	assert_int_equal(chmod("t/run", 0700), 0);
	assert_int_equal(chmod("t/empty", 0700), 0);
	assert_int_equal(utimensat(AT_FDCWD, "t/main.c", times, 0), 0);
	identity("t", after);
	assert_string_equal(after, before);
	drop_tree("t");
	drop_tree("elsewhere");
}

static void
test_source_path_several_folders_count_by_name(void **state)
{
	char ab[SHA256_HEX], again[SHA256_HEX], renamed[SHA256_HEX], moved[SHA256_HEX];

	(void)state;
	scratch_write("one/a/x", "1");
	scratch_write("one/b/y", "2");
	scratch_write("two/a/x", "1");
	scratch_write("two/b/y", "2");
	scratch_write("two/c/y", "2");
	scratch_write("three/a/x/y", "2");
	scratch_write("three/b/x", "1");
	identity_of((const char *const[]){"one/a", "one/b", NULL}, ab);
	identity_of((const char *const[]){"two/a", "two/b", NULL}, again);
	identity_of((const char *const[]){"two/a", "two/c", NULL}, renamed);
	identity_of((const char *const[]){"three/a", "three/b", NULL}, moved);
	assert_string_equal(again, ab);
	assert_string_not_equal(renamed, ab);
	assert_string_not_equal(moved, ab);
	drop_tree("one");
	drop_tree("two");
	drop_tree("three");
}

static void
refused(const char *path, int code, const char *message)
{
	struct recipe recipe = {0};
	char hex[SHA256_HEX];
	struct error e;

	assert_int_equal(strlist_add(&recipe.source.paths, path), 0);
	assert_int_equal(source_path_identity(&recipe, hex, &e), code);
	assert_string_equal(e.text, message);
	strlist_free(&recipe.source.paths);
}

static void
test_source_path_what_cannot_be_a_source_is_named(void **state)
{
	int root = geteuid() == 0;

	(void)state;
	refused("none", -ENOENT, "none: cannot read: No such file or directory");
	make_tree("t");
	assert_int_equal(mkfifo("t/sub/pipe", 0644), 0);
	refused("t", -EINVAL,
		"t/sub/pipe: a source may hold files, folders and links, not this");
	assert_int_equal(unlink("t/sub/pipe"), 0);
	assert_int_equal(chmod("t/main.c", 0), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	refused("t", -EACCES, "t/main.c: cannot read: Permission denied");
	if (root)
		assert_int_equal(seteuid(0), 0);
	drop_tree("t");
}

static void
test_source_path_counts_all_but_git_and_backups(void **state)
{
	static const char *const counts[] = {
		"a", ".a", ".gitignore", ".github", "~a", "a~b", "...", "git"};
	static const char *const not [] = {".", "..", ".git", "~", "a~", ".git~"};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		assert_true(source_path_counts(counts[i]));
	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		assert_false(source_path_counts(not [i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source_path_identity_is_of_a_fixed_form),
		cmocka_unit_test(test_source_path_any_change_changes_the_identity),
		cmocka_unit_test(test_source_path_what_does_not_count_changes_nothing),
		cmocka_unit_test(test_source_path_several_folders_count_by_name),
		cmocka_unit_test(test_source_path_what_cannot_be_a_source_is_named),
		cmocka_unit_test(test_source_path_counts_all_but_git_and_backups),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
