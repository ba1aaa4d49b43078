/* SPDX-License-Identifier: ISC */
#include "archives.h"

#define DEEP "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/"

/* Each refused with a message that has this in it. */
static char long_name[300];
static const struct {
	struct entry entry[4];
	const char *message;
} faults[] = {
	{{{FILE_, "../evil", "x", 0}}, "../evil: refused: a name with \"..\""},
	{{{FILE_, "a/../../evil", "x", 0}}, "a/../../evil: refused: a name with \"..\""},
	{{{FILE_, "a/..", "x", 0}}, "a/..: refused: a name with \"..\""},
	{{{FOLDER, "../victim/evil/", NULL, 0755}},
		"../victim/evil/: refused: a name with \"..\""},
	{{{FILE_, "/ingot-evil", "x", 0}}, "/ingot-evil: refused: an absolute name"},
	{{{FILE_, "a\nb", "x", 0}}, "a?b: refused: a control character in a name"},
	{{{FILE_, "\033[2Jx", "x", 0}}, "?[2Jx: refused: a control character in a name"},
	{{{FILE_, DEEP DEEP DEEP DEEP DEEP DEEP DEEP "x", "x", 0}}, DEEP DEEP},
	{{{FILE_, long_name, "x", 0}}, "refused: a name too long or too deep"},
	{{{LINK, "l", "/etc", 0}},
		"l: refused: a link that leads out of the archive: \"/etc\""},
	{{{LINK, "l", "..", 0}},
		"l: refused: a link that leads out of the archive: \"..\""},
	{{{LINK, "a/l", "../../victim", 0}},
		"a/l: refused: a link that leads out of the archive: "
		"\"../../victim\""},
	{{{LINK, "l", "a/../../victim", 0}},
		"l: refused: a link that leads out of the archive: "
		"\"a/../../victim\""},
	{{{FOLDER, "d/", NULL, 0755}, {LINK, "l", "d", 0}, {FILE_, "l/evil", "x", 0}},
		"l/evil: refused: \"l\" on its way is no folder"},
	{{{LINK, "l", "d", 0}, {FOLDER, "l/", NULL, 0755}},
		"l: refused: \"l\" on its way is no folder"},
	{{{LINK, "l", "d", 0}, {LINK, "l/m", "evil", 0}},
		"l/m: refused: \"l\" on its way is no folder"},
	{{{FILE_, "f", "x", 0}, {LINK, "l", "f", 0}, {HARD, "l/evil", "f", 0}},
		"l/evil: refused: \"l\" on its way is no folder"},
	{{{FILE_, "f", "x", 0}, {FILE_, "f/evil", "x", 0}},
		"f/evil: refused: \"f\" on its way is no folder"},
	{{{FOLDER, "d/", NULL, 0755}, {FILE_, "d", "x", 0}},
		"d: refused: it stands in the archive as a folder, too"},
	{{{FOLDER, "d/", NULL, 0755}, {LINK, "d", "x", 0}},
		"d: refused: it stands in the archive as a folder, too"},
	{{{HARD, "h", "../victim/secret", 0}},
		"../victim/secret: refused: a name with \"..\""},
	{{{HARD, "h", "/etc/passwd", 0}}, "/etc/passwd: refused: an absolute name"},
	{{{HARD, "h", "none", 0}},
		"h: refused: a hard link to what is no file before it: \"none\""},
	{{{FOLDER, "d/", NULL, 0755}, {HARD, "h", "d", 0}},
		"h: refused: a hard link to what is no file before it: \"d\""},
	{{{LINK, "l", "x", 0}, {HARD, "d/h", "l", 0}},
		"d/h: refused: a hard link to what is no file before it: \"l\""},
	{{{CHARACTER, "c", NULL, 0}}, "c: refused: a device, fifo or socket"},
	{{{BLOCK, "b", NULL, 0}}, "b: refused: a device, fifo or socket"},
	{{{FIFO, "p", NULL, 0}}, "p: refused: a device, fifo or socket"},
};

static void
test_unpack_hostile_entries_are_refused(void **state)
{
	struct error e;

	(void)state;
	memset(long_name, 'n', sizeof(long_name) - 1);
	scratch_write("in/victim/secret", "secret");
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		for (int strip = 0; strip < 2; strip++) {
			int r;

			archive_make(faults[i].entry, ARCHIVE_FILTER_NONE);
			r = archive_unpack(strip, &e);
			archive_nothing_outside();
			if (strip) {
				assert_true(r < 0);
				continue;
			}
			if (r != -EBADMSG || !strstr(e.text, faults[i].message))
				fail_msg("want %s, got %d %s", faults[i].message, r,
					e.text);
			assert_memory_equal(e.text, ARCHIVE ": ", strlen(ARCHIVE) + 2);
		}
}

/* The same dangers below a top folder that is left out. */
static void
test_unpack_strip_does_not_widen_a_link(void **state)
{
	static const struct entry up[] = {{LINK, "top/l", "../victim", 0}, {0}};
	static const struct entry hard[] = {
		{FILE_, "top/f", "x", 0}, {HARD, "top/h", "other/f", 0}, {0}};
	struct error e;

	(void)state;
	archive_make(up, ARCHIVE_FILTER_NONE);
	assert_int_equal(archive_unpack(false, &e), 0);
	assert_int_equal(archive_unpack(true, &e), -EBADMSG);
	assert_string_equal(e.text,
		ARCHIVE ": l: refused: a link that leads out of the archive: "
			"\"../victim\"");
	archive_make(hard, ARCHIVE_FILTER_NONE);
	assert_int_equal(archive_unpack(true, &e), -EXDEV);
	assert_string_equal(e.text, ARCHIVE ": more than one top folder: top and other");
}

/* A file "zeros" of so many MiB of zeros; sparse: of the last byte, behind a hole. */
static void
make_zeros(int filter, int mega, bool sparse)
{
	static char zeros[1 << 20];
	struct archive *a = archive_start(filter);
	struct archive_entry *header = archive_entry_new();

	archive_entry_set_pathname(header, "zeros");
	archive_entry_set_filetype(header, AE_IFREG);
	archive_entry_set_perm(header, 0644);
	archive_entry_set_size(header, (la_int64_t)mega << 20);
	if (sparse)
		archive_entry_sparse_add_entry(header, ((la_int64_t)mega << 20) - 1, 1);
	assert_int_equal(archive_write_header(a, header), ARCHIVE_OK);
	for (int i = 0; i < mega; i++)
		assert_int_equal(
			archive_write_data(a, zeros, sizeof(zeros)), sizeof(zeros));
	archive_entry_free(header);
	archive_end(a);
}

static void
test_unpack_bomb_is_refused_early(void **state)
{
	struct error e;
	struct stat st;

	(void)state;
	for (int sparse = 0; sparse < 2; sparse++) {
		make_zeros(
			sparse ? ARCHIVE_FILTER_NONE : ARCHIVE_FILTER_ZSTD, 256, sparse);
		assert_int_equal(stat(ARCHIVE, &st), 0);
		assert_true(st.st_size < 100000);
		assert_int_equal(archive_unpack(false, &e), -EBADMSG);
		assert_non_null(strstr(e.text, ARCHIVE ": zeros: refused: "));
		assert_non_null(strstr(e.text, ": a bomb"));
		assert_int_equal(stat(OUT "/zeros", &st), 0);
		assert_true(st.st_size < 64 << 20);
	}
	/* What is small may be as hollow as it likes. */
	make_zeros(ARCHIVE_FILTER_ZSTD, 16, false);
	assert_int_equal(archive_unpack(false, &e), 0);
	make_zeros(ARCHIVE_FILTER_NONE, 16, true);
	assert_int_equal(archive_unpack(false, &e), 0);
	assert_int_equal(stat(OUT "/zeros", &st), 0);
	assert_int_equal(st.st_size, 16 << 20);
}

/* A ustar header that promises so many bytes, and 512 of them (POSIX pax, "ustar"). */
static void
make_promise(uint64_t size)
{
	char block[1024] = "large";
	unsigned sum = 0;

	memcpy(block + 100, "0000644", 8);
	block[124] = (char)0x80; /* GNU: the size is a big-endian number */
	for (int i = 0; i < 8; i++)
		block[135 - i] = (char)(size >> (8 * i) & 0xff);
	block[156] = '0';
	memcpy(block + 257,
		"ustar\0"
		"00",
		8);
	memset(block + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += (unsigned char)block[i];
	(void)snprintf(block + 148, 8, "%06o", sum);
	scratch_bytes(ARCHIVE, block, sizeof(block));
}

static void
test_unpack_too_large_is_refused(void **state)
{
	struct error e;

	(void)state;
	make_promise(UINT64_C(5) << 30);
	assert_int_equal(archive_unpack(false, &e), -EBADMSG);
	assert_string_equal(
		e.text, ARCHIVE ": large: refused: the archive holds more than 4 GiB");
	make_promise(UINT64_C(1) << 30);
	assert_int_equal(archive_unpack(false, &e), -EBADMSG);
	assert_non_null(strstr(e.text, ARCHIVE ": large: damaged or no tar archive: "));
}

static void
test_unpack_too_many_entries_are_refused(void **state)
{
	static const struct entry folder = {FOLDER, "d/", NULL, 0755};
	struct archive *a = archive_start(ARCHIVE_FILTER_ZSTD);
	struct error e;

	(void)state;
	for (int i = 0; i < 400001; i++)
		archive_put(a, &folder);
	archive_end(a);
	assert_int_equal(archive_unpack(false, &e), -EBADMSG);
	assert_string_equal(e.text, ARCHIVE ": d/: refused: more than 400000 entries");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unpack_hostile_entries_are_refused),
		cmocka_unit_test(test_unpack_strip_does_not_widen_a_link),
		cmocka_unit_test(test_unpack_bomb_is_refused_early),
		cmocka_unit_test(test_unpack_too_large_is_refused),
		cmocka_unit_test(test_unpack_too_many_entries_are_refused),
	};

	return cmocka_run_group_tests(tests, archive_enter, scratch_leave);
}
