/* SPDX-License-Identifier: ISC */
#include "roots.h"

static void
test_finish_adds_parents_console_and_mount_points(void **state)
{
	static const char *const want[] = {"/dev", "/dev/console", "/etc", "/etc/ssl",
		"/etc/ssl-x", "/etc/ssl/a", "/proc", "/run", "/sys", "/tmp"};
	struct rootfs rootfs;
	const struct rootfs_entry *console, *tmp;

	(void)state;
	rootfs_init(&rootfs);
	roots_text(&rootfs, "/etc/ssl/a", 0644, "a");
	roots_text(&rootfs, "/etc/ssl-x", 0644, "x");
	roots_finish(&rootfs);
	assert_int_equal(rootfs.count, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < rootfs.count; i++)
		assert_string_equal(rootfs.entry[i].path, want[i]);
	console = rootfs_get(&rootfs, "/dev/console");
	assert_int_equal(console->mode, S_IFCHR | 0600);
	assert_int_equal(console->major, 5);
	assert_int_equal(console->minor, 1);
	tmp = rootfs_get(&rootfs, "/tmp");
	assert_int_equal(tmp->mode, S_IFDIR | 01777);
	assert_int_equal(rootfs_get(&rootfs, "/etc")->mode, S_IFDIR | 0755);
	assert_string_equal(rootfs_get(&rootfs, "/etc/ssl/a")->sha256,
		"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
	roots_finish(&rootfs); /* once more changes nothing */
	assert_int_equal(rootfs.count, sizeof(want) / sizeof(want[0]));
	rootfs_free(&rootfs);
}

static void
test_finish_source_is_hashed_and_measured(void **state)
{
	struct rootfs rootfs;

	(void)state;
	scratch_write("host-file", "abc");
	rootfs_init(&rootfs);
	roots_source(&rootfs, "/x", 0644, "host-file");
	roots_finish(&rootfs);
	assert_int_equal(rootfs_get(&rootfs, "/x")->size, 3);
	assert_string_equal(rootfs_get(&rootfs, "/x")->sha256,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	rootfs_free(&rootfs);
}

static void
test_finish_missing_source_names_both_files(void **state)
{
	struct error e = {.text = ""};
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	roots_source(&rootfs, "/x", 0644, "nowhere");
	assert_int_equal(rootfs_finish(&rootfs, &e), -ENOENT);
	assert_string_equal(
		e.text, "recipes/r/recipe.ini:7: /x: nowhere: No such file or directory");
	rootfs_free(&rootfs);
	rootfs_init(&rootfs);
	roots_source(&rootfs, "/x", 0644, "/");
	assert_int_equal(rootfs_finish(&rootfs, &e), -EINVAL);
	assert_string_equal(e.text, "recipes/r/recipe.ini:7: /x: /: want a regular file");
	rootfs_free(&rootfs);
}

static void
test_add_path_given_twice_names_both_origins(void **state)
{
	char path[] = "/a", origin[] = "boards/b/board.ini:3", data[] = "";
	struct rootfs_entry other = {
		.path = path, .mode = S_IFREG | 0644, .data = data, .origin = origin};
	struct error e = {.text = ""};
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	roots_text(&rootfs, "/a", 0644, "");
	assert_int_equal(rootfs_add(&rootfs, &other, &e), -EEXIST);
	assert_string_equal(e.text,
		"boards/b/board.ini:3: /a: already in the image by recipes/r/recipe.ini:7");
	assert_int_equal(rootfs.count, 1);
	rootfs_free(&rootfs);
}

static void
test_add_same_folder_twice_is_one_folder(void **state)
{
	struct error e = {.text = ""};
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	roots_bytes(&rootfs, "/etc", S_IFDIR | 0755, "", 0);
	roots_bytes(&rootfs, "/etc", S_IFDIR | 0755, "", 0);
	assert_int_equal(rootfs.count, 1);
	assert_int_equal(roots_try(&rootfs, "/etc", S_IFDIR | 0700, "", 0, &e), -EEXIST);
	rootfs_free(&rootfs);
}

static void
test_add_bad_path_is_refused(void **state)
{
	static const char *const bad[] = {"", "/", "a", "//a", "/a//b", "/a/", "/./a",
		"/a/.", "/../a", "/a/..", "/a\nb", "/a\x7f", "/TRAILER!!!", "/a\xff",
		"/\xc3("};
	struct error e;
	struct rootfs rootfs;
	char big[4200] = "/";

	(void)state;
	rootfs_init(&rootfs);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e.text[0] = '\0';
		assert_int_equal(
			roots_try(&rootfs, bad[i], S_IFREG | 0644, "", 0, &e), -EINVAL);
		assert_ptr_equal(strstr(e.text, "recipes/r/recipe.ini:7: "), e.text);
	}
	memset(big + 1, 'x', 256);
	assert_int_equal(roots_try(&rootfs, big, S_IFREG | 0644, "", 0, &e), -EINVAL);
	for (size_t i = 1; i < sizeof(big) - 1; i++)
		big[i] = i % 100 == 0 ? '/' : 'x';
	assert_int_equal(roots_try(&rootfs, big, S_IFREG | 0644, "", 0, &e), -EINVAL);
	assert_non_null(strstr(e.text, "at most 4095 bytes"));
	assert_int_equal(rootfs.count, 0);
	roots_text(&rootfs, "/...", 0644, "");
	roots_text(&rootfs, "/with blank/\xc3\xa4", 0644, "");
	roots_text(&rootfs, "/sub/TRAILER!!!", 0644, "");
	rootfs_free(&rootfs);
}

static void
test_finish_entry_below_a_link_or_file_is_refused(void **state)
{
	struct error e = {.text = ""};
	struct rootfs rootfs;

	(void)state;
	rootfs_init(&rootfs);
	roots_link(&rootfs, "/lib", "usr/lib");
	roots_text(&rootfs, "/lib/x", 0644, "");
	assert_int_equal(rootfs_finish(&rootfs, &e), -ENOTDIR);
	assert_string_equal(e.text,
		"recipes/r/recipe.ini:7: /lib/x: lies below /lib, which is a link by recipes/r/recipe.ini:7");
	rootfs_free(&rootfs);
	rootfs_init(&rootfs);
	roots_text(&rootfs, "/proc", 0644, "");
	assert_int_equal(rootfs_finish(&rootfs, &e), -ENOTDIR);
	assert_string_equal(e.text,
		"recipes/r/recipe.ini:7: /proc: this must be a folder of the image");
	rootfs_free(&rootfs);
}

static const char *
found(const struct rootfs *rootfs, const char *path)
{
	const struct rootfs_entry *entry = rootfs_find(rootfs, path);

	return entry ? entry->path : "-";
}

static void
test_find_follows_links_as_the_device_does(void **state)
{
	struct rootfs rootfs;
	char chain[16], next[16];

	(void)state;
	rootfs_init(&rootfs);
	roots_text(&rootfs, "/usr/bin/busybox", 0755, "x");
	roots_link(&rootfs, "/bin", "usr/bin");
	roots_link(&rootfs, "/usr/bin/sh", "busybox");
	roots_link(&rootfs, "/usr/sbin", "/bin/.");
	roots_link(&rootfs, "/up", "../../usr/../bin/sh");
	roots_link(&rootfs, "/loop", "/loop");
	roots_link(&rootfs, "/dead", "/nowhere");
	roots_link(&rootfs, "/usr/bin/below-file", "busybox/x");
	for (int i = 0; i < 41; i++) {
		snprintf(chain, sizeof(chain), "/c%02d", i);
		snprintf(next, sizeof(next), "/c%02d", i + 1);
		roots_link(&rootfs, chain, next);
	}
	roots_text(&rootfs, "/c41", 0644, "");
	roots_finish(&rootfs);
	assert_string_equal(found(&rootfs, "/bin/sh"), "/usr/bin/busybox");
	assert_string_equal(found(&rootfs, "/usr/sbin/sh"), "/usr/bin/busybox");
	assert_string_equal(found(&rootfs, "/up"), "/usr/bin/busybox");
	assert_string_equal(found(&rootfs, "/bin"), "/usr/bin");
	assert_string_equal(found(&rootfs, "/bin/"), "/usr/bin");
	assert_string_equal(found(&rootfs, "/loop"), "-");
	assert_string_equal(found(&rootfs, "/dead"), "-");
	assert_string_equal(found(&rootfs, "/usr/bin/below-file"), "-");
	assert_string_equal(found(&rootfs, "/nowhere"), "-");
	assert_string_equal(found(&rootfs, "relative"), "-");
	assert_string_equal(found(&rootfs, "/c01"), "/c41"); /* 40 links */
	assert_string_equal(found(&rootfs, "/c00"), "-");
	rootfs_free(&rootfs);
}

static void
test_sizes_are_pages_and_equal_files_count_once(void **state)
{
	static char bytes[5000];
	struct rootfs rootfs;
	char *largest;

	(void)state;
	rootfs_init(&rootfs);
	roots_bytes(&rootfs, "/a", S_IFREG | 0644, bytes, 5000); /* 2 pages */
	roots_bytes(&rootfs, "/b", S_IFREG | 0644, bytes, 5000); /* none: a link */
	roots_bytes(&rootfs, "/c", S_IFREG | 0755, bytes, 5000); /* another mode: 2 */
	roots_bytes(&rootfs, "/d", S_IFREG | 0644, bytes, 4096); /* 1 */
	roots_text(&rootfs, "/empty", 0644, ""); /* none */
	roots_text(&rootfs, "/f", 0644, "f"); /* 1 */
	roots_finish(&rootfs);
	assert_int_equal(rootfs_tmpfs_size(&rootfs), 6 * 4096);
	largest = rootfs_largest(&rootfs, 4);
	assert_string_equal(largest, "/a 4 KiB, /b 4 KiB, /c 4 KiB, /d 4 KiB");
	free(largest);
	rootfs_free(&rootfs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finish_adds_parents_console_and_mount_points),
		cmocka_unit_test(test_finish_source_is_hashed_and_measured),
		cmocka_unit_test(test_finish_missing_source_names_both_files),
		cmocka_unit_test(test_add_path_given_twice_names_both_origins),
		cmocka_unit_test(test_add_same_folder_twice_is_one_folder),
		cmocka_unit_test(test_add_bad_path_is_refused),
		cmocka_unit_test(test_finish_entry_below_a_link_or_file_is_refused),
		cmocka_unit_test(test_find_follows_links_as_the_device_does),
		cmocka_unit_test(test_sizes_are_pages_and_equal_files_count_once),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
