/* SPDX-License-Identifier: ISC */
#include "builder/source/stamp.h"
#include "archives.h"
#include "lib/strlist.h"

static void
assert_file(const char *path, mode_t mode, const char *text)
{
	char bytes[64] = "";
	struct stat st;
	FILE *file;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | mode);
	assert_int_equal(st.st_mtim.tv_sec, STAMP_EPOCH);
	assert_int_equal(st.st_mtim.tv_nsec, 0);
	assert_int_equal(st.st_uid, geteuid());
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(bytes, 1, sizeof(bytes) - 1, file), strlen(text));
	assert_string_equal(bytes, text);
	fclose(file);
}

static void
assert_folder(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_int_equal(st.st_mtim.tv_sec, STAMP_EPOCH);
}

static const struct entry good[] = {
	{FOLDER, "top/", NULL, 0700},
	{FILE_, "top/plain", "plain", 0600},
	{FILE_, "top/world", "world", 0666},
	{FILE_, "top/program", "program", 04711},
	{FILE_, "./top//missing/folder/file", "file", 0644},
	{FILE_, "top/na\xc3\xafve", "utf8", 0644},
	{FILE_, "top/empty", "", 0644},
	{FILE_, "top/twice", "the first", 0755},
	{FILE_, "top/twice", "the second", 0644},
	{LINK, "top/missing/link", "../plain", 0},
	{LINK, "top/dangling", "nowhere", 0},
	{HARD, "top/same", "top/program", 0},
	{0},
};

static void
assert_good(const char *top)
{
	struct stat st, same;
	char path[256], target[64];
	static const struct entry files[] = {{FILE_, "plain", "plain", 0644},
		{FILE_, "world", "world", 0644}, {FILE_, "program", "program", 0755},
		{FILE_, "missing/folder/file", "file", 0644},
		{FILE_, "na\xc3\xafve", "utf8", 0644}, {FILE_, "empty", "", 0644},
		{FILE_, "twice", "the second", 0644}, {FILE_, "same", "program", 0755}};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", top, files[i].name);
		assert_file(path, files[i].mode, files[i].text);
	}
	assert_folder(top);
	(void)snprintf(path, sizeof(path), "%s/missing/folder", top);
	assert_folder(path);
	(void)snprintf(path, sizeof(path), "%s/missing/link", top);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, STAMP_EPOCH);
	assert_int_equal(readlink(path, target, sizeof(target)), 8);
	assert_memory_equal(target, "../plain", 8);
	(void)snprintf(path, sizeof(path), "%s/program", top);
	assert_int_equal(stat(path, &st), 0);
	(void)snprintf(path, sizeof(path), "%s/same", top);
	assert_int_equal(stat(path, &same), 0);
	assert_int_equal(st.st_ino, same.st_ino);
}

static void
test_unpack_good_archive_is_the_same_by_every_filter(void **state)
{
	static const int filters[] = {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP,
		ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD};
	static const mode_t masks[] = {0, 022, 077};
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		mode_t before = umask(masks[i % 3]);

		archive_make(good, filters[i]);
		assert_int_equal(archive_unpack(false, &e), 0);
		assert_good(OUT "/top");
		assert_int_equal(archive_unpack(true, &e), 0);
		assert_good(OUT);
		umask(before);
	}
	archive_nothing_outside();
}

static void
test_unpack_strip_wants_one_top_folder(void **state)
{
	static const struct entry two[] = {
		{FILE_, "a/x", "", 0}, {FILE_, "b/x", "", 0}, {0}};
	static const struct entry none[] = {{FILE_, "x", "", 0}, {0}};
	static const struct entry prefix[] = {
		{FILE_, "top/x", "", 0}, {FILE_, "top2/x", "", 0}, {0}};
	struct error e;

	(void)state;
	archive_make(two, ARCHIVE_FILTER_NONE);
	assert_int_equal(archive_unpack(true, &e), -EXDEV);
	assert_string_equal(e.text, ARCHIVE ": more than one top folder: a and b");
	assert_int_equal(archive_unpack(false, &e), 0);
	archive_make(prefix, ARCHIVE_FILTER_NONE);
	assert_int_equal(archive_unpack(true, &e), -EXDEV);
	archive_make(none, ARCHIVE_FILTER_NONE);
	assert_int_equal(archive_unpack(true, &e), -EXDEV);
	assert_string_equal(e.text, ARCHIVE ": x: not in a top folder");
}

static void
test_unpack_truncated_or_garbage_is_refused(void **state)
{
	static char bytes[1 << 16];
	static const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2,
		ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD};
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		size_t size;
		FILE *file;

		archive_make(good, filters[i]);
		file = fopen(ARCHIVE, "r");
		assert_non_null(file);
		size = fread(bytes, 1, sizeof(bytes), file);
		fclose(file);
		assert_in_range(size, 100, sizeof(bytes) - 1);
		for (size_t cut = 1; cut < 16; cut++) {
			scratch_bytes(ARCHIVE, bytes, size * cut / 16);
			assert_int_equal(archive_unpack(false, &e), -EBADMSG);
			assert_non_null(strstr(e.text, "damaged or no tar archive: "));
		}
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 2654435761u >> 13);
	scratch_bytes(ARCHIVE, bytes, sizeof(bytes));
	assert_int_equal(archive_unpack(false, &e), -EBADMSG);
	assert_string_equal(e.text,
		ARCHIVE ": damaged or no tar archive: Unrecognized archive format");
	scratch_bytes(ARCHIVE, bytes, 0);
	assert_int_equal(archive_unpack(false, &e), -EBADMSG);
	memset(bytes, 0, sizeof(bytes));
	scratch_bytes(ARCHIVE, bytes, 10240);
	assert_int_equal(archive_unpack(false, &e), -EBADMSG);
	assert_string_equal(e.text, ARCHIVE ": holds no files");
	assert_int_equal(unlink(ARCHIVE), 0);
	assert_int_equal(archive_unpack(false, &e), -ENOENT);
	assert_string_equal(e.text, ARCHIVE ": No such file or directory");
	assert_int_equal(unpack_archive(ARCHIVE, "in/none", false, NULL, &e), -ENOENT);
	assert_string_equal(e.text, "in/none: No such file or directory");
}

static void
test_unpack_compressed_twice_is_refused(void **state)
{
	struct archive *a = archive_write_new();
	struct error e;

	(void)state;
	assert_int_equal(archive_write_add_filter_gzip(a), ARCHIVE_OK);
	assert_int_equal(archive_write_add_filter_xz(a), ARCHIVE_OK);
	assert_int_equal(archive_write_set_format_pax_restricted(a), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(a, ARCHIVE), ARCHIVE_OK);
	archive_put(a, &good[0]);
	archive_end(a);
	assert_int_equal(archive_unpack(false, &e), -EBADMSG);
	assert_string_equal(
		e.text, ARCHIVE ": (whole): refused: it is compressed more than once");
}

static unsigned entries;

static int
count_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path;
	(void)type;
	(void)ftw;
	assert_int_equal(st->st_mtim.tv_sec, STAMP_EPOCH);
	entries++;
	return 0;
}

/* Unpacks with strip and these patterns; how many files, folders and links came of it. */
static int
unpack_only(const char *patterns, struct error *e)
{
	struct strlist only = {0};
	int r;

	if (access(OUT, F_OK) == 0)
		assert_int_equal(nftw(OUT, scratch_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(mkdir(OUT, 0755), 0);
	assert_int_equal(strlist_split(&only, patterns), 0);
	e->text[0] = '\0';
	r = unpack_archive(ARCHIVE, OUT, true, &only, e);
	strlist_free(&only);
	entries = 0;
	if (r == 0)
		assert_int_equal(nftw(OUT, count_entry, 16, FTW_PHYS), 0);
	return r < 0 ? r : (int)entries - 1;
}

static void
test_unpack_only_takes_what_is_named(void **state)
{
	static const struct entry tree[] = {
		{FOLDER, "top/empty", NULL, 0755},
		{FILE_, "top/include/a.h", "a", 0644},
		{FILE_, "top/include/deep/b.h", "b", 0644},
		{FILE_, "top/src/a.c", "a", 0644},
		{FILE_, "top/src/a.h", "a", 0644},
		{LINK, "top/src/link", "a.c", 0},
		{HARD, "top/include/same.h", "top/include/a.h", 0},
		{HARD, "top/src/far.c", "top/include/a.h", 0},
		{0},
	};
	struct error e;

	(void)state;
	archive_make(tree, ARCHIVE_FILTER_ZSTD);
	assert_int_equal(unpack_only("*", &e), 11);
	assert_int_equal(unpack_only("include", &e), 5);
	assert_file(OUT "/include/deep/b.h", 0644, "b");
	assert_file(OUT "/include/same.h", 0644, "a");
	assert_true(access(OUT "/src", F_OK) < 0);
	assert_int_equal(unpack_only("empty", &e), 1);
	assert_folder(OUT "/empty");
	assert_int_equal(unpack_only("src/?.[ch] include/deep/b.h", &e), 6);
	assert_int_equal(unpack_only("src/link", &e), 2);
	assert_int_equal(unpack_only("include/*.h include/deep include/a.h", &e), 5);

	assert_int_equal(unpack_only("include inc *.h", &e), -ENODATA);
	assert_string_equal(e.text, ARCHIVE ": nothing in it is called \"inc\"");
	assert_int_equal(unpack_only("src", &e), -EBADMSG);
	assert_string_equal(e.text, ARCHIVE
		": src/far.c: refused: a hard link to what is left out: \"include/a.h\"");
}

/* Nobody writes what is left out, and it must not cost for ever to pass it by. */
static void
test_unpack_only_still_refuses_what_is_hostile(void **state)
{
	static const struct entry climbs[] = {
		{FILE_, "top/a", "a", 0644}, {FILE_, "top/../../evil", "x", 0644}, {0}};
	static char zeros[1 << 20];
	struct archive_entry *header = archive_entry_new();
	struct archive *a;
	struct error e;

	(void)state;
	archive_make(climbs, ARCHIVE_FILTER_NONE);
	assert_int_equal(unpack_only("a", &e), -EBADMSG);
	assert_non_null(strstr(e.text, "refused: a name with \"..\""));
	archive_nothing_outside();

	a = archive_start(ARCHIVE_FILTER_ZSTD);
	archive_put(a, &climbs[0]);
	archive_entry_set_pathname(header, "top/zeros");
	archive_entry_set_filetype(header, AE_IFREG);
	archive_entry_set_size(header, 256 << 20);
	assert_int_equal(archive_write_header(a, header), ARCHIVE_OK);
	for (int i = 0; i < 256; i++)
		assert_int_equal(
			archive_write_data(a, zeros, sizeof(zeros)), sizeof(zeros));
	archive_entry_free(header);
	archive_end(a);
	assert_int_equal(unpack_only("a", &e), -EBADMSG);
	assert_non_null(strstr(e.text, ARCHIVE ": zeros: refused: "));
	assert_non_null(strstr(e.text, ": a bomb"));
}

static void
test_unpack_matches_names_as_a_shell_does(void **state)
{
	static const char *const yes[][2] = {{"a", "a"}, {"a", "a/b"}, {"a/b", "a/b/c/d"},
		{"*", "a/b"}, {"*/b", "a/b"}, {"a*", "abc/d"}, {"*/*/k", "a/b/k"},
		{"a?", "ab"}, {"*", ".hidden"}};
	static const char *const no[][2] = {{"a", "ab"}, {"a/b", "a"}, {"a*c", "a/c"},
		{"*/k", "a/b/k"}, {"a?b", "a/b"}, {"b", "a/b"}};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!unpack_matches(yes[i][0], yes[i][1]))
			fail_msg("%s matches %s", yes[i][0], yes[i][1]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (unpack_matches(no[i][0], no[i][1]))
			fail_msg("%s does not match %s", no[i][0], no[i][1]);
}

static void
test_unpack_link_inside_knows_the_way_out(void **state)
{
	static const char *const inside[][2] = {{"l", "a"}, {"l", "./a/b"}, {"l", "a//b"},
		{"a/l", ".."}, {"a/l", "../b"}, {"a/b/l", "../../c"}, {"a/l", "./../b"},
		{"l", "..."}, {"l", "a/...b"}};
	static const char *const outside[][2] = {{"l", ""}, {"l", "/"}, {"l", "/a"},
		{"l", ".."}, {"l", "./.."}, {"l", "../a"}, {"a/l", "../.."},
		{"a/l", "..//.."}, {"l", "a/.."}, {"a/b/l", "../c/.."}};

	(void)state;
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		if (!unpack_link_inside(inside[i][0], inside[i][1]))
			fail_msg("%s -> %s stays inside", inside[i][0], inside[i][1]);
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		if (unpack_link_inside(outside[i][0], outside[i][1]))
			fail_msg("%s -> %s is refused", outside[i][0], outside[i][1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unpack_good_archive_is_the_same_by_every_filter),
		cmocka_unit_test(test_unpack_strip_wants_one_top_folder),
		cmocka_unit_test(test_unpack_truncated_or_garbage_is_refused),
		cmocka_unit_test(test_unpack_compressed_twice_is_refused),
		cmocka_unit_test(test_unpack_only_takes_what_is_named),
		cmocka_unit_test(test_unpack_only_still_refuses_what_is_hostile),
		cmocka_unit_test(test_unpack_matches_names_as_a_shell_does),
		cmocka_unit_test(test_unpack_link_inside_knows_the_way_out),
	};

	return cmocka_run_group_tests(tests, archive_enter, scratch_leave);
}
