/* SPDX-License-Identifier: ISC */
#ifndef TESTS_ARCHIVES_H
#define TESTS_ARCHIVES_H

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <locale.h>
#include <stdbool.h>

#include "builder/source/unpack.h"
#include "scratch.h"

#define ARCHIVE "in/archive.tar"
#define OUT	"in/out"

enum type { FILE_, FOLDER, LINK, HARD, CHARACTER, BLOCK, FIFO };

/* One entry of an archive; text is a file's bytes or a link's target. */
struct entry {
	enum type type;
	const char *name, *text;
	mode_t mode;
};

static inline void
archive_put(struct archive *a, const struct entry *entry)
{
	static const mode_t types[] = {
		AE_IFREG, AE_IFDIR, AE_IFLNK, AE_IFREG, AE_IFCHR, AE_IFBLK, AE_IFIFO};
	struct archive_entry *header = archive_entry_new();
	size_t size = entry->type == FILE_ && entry->text ? strlen(entry->text) : 0;

	archive_entry_set_pathname(header, entry->name);
	archive_entry_set_filetype(header, types[entry->type]);
	archive_entry_set_perm(header, entry->mode ? entry->mode : 0644);
	archive_entry_set_mtime(header, 12345, 678);
	archive_entry_set_uid(header, 1234);
	archive_entry_set_size(header, (la_int64_t)size);
	if (entry->type == LINK)
		archive_entry_set_symlink(header, entry->text);
	if (entry->type == HARD)
		archive_entry_set_hardlink(header, entry->text);
	if (entry->type == CHARACTER || entry->type == BLOCK)
		archive_entry_set_rdev(header, 0x103);
	assert_int_equal(archive_write_header(a, header), ARCHIVE_OK);
	if (size)
		assert_int_equal(archive_write_data(a, entry->text, size), size);
	archive_entry_free(header);
}

static inline struct archive *
archive_start(int filter)
{
	struct archive *a = archive_write_new();

	/* So that names that are no ASCII stand in pax headers; it is read in the C
	 * locale. */
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_set_format_pax_restricted(a), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_in_last_block(a, 1), ARCHIVE_OK);
	assert_int_equal(archive_write_open_filename(a, ARCHIVE), ARCHIVE_OK);
	return a;
}

static inline void
archive_end(struct archive *a)
{
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	setlocale(LC_CTYPE, "C");
}

/* Writes the entries up to one without a name. */
static inline void
archive_make(const struct entry *entries, int filter)
{
	struct archive *a = archive_start(filter);

	for (; entries->name; entries++)
		archive_put(a, entries);
	archive_end(a);
}

static inline int
archive_unpack(bool strip, struct error *e)
{
	if (access(OUT, F_OK) == 0)
		assert_int_equal(nftw(OUT, scratch_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(mkdir(OUT, 0755), 0);
	e->text[0] = '\0';
	return unpack_archive(ARCHIVE, OUT, strip, NULL, e);
}

/* Nothing stands beside the folder that an archive may write to. */
static inline void
archive_nothing_outside(void)
{
	DIR *dir = opendir("in");
	const struct dirent *found;

	assert_non_null(dir);
	while ((found = readdir(dir)))
		if (found->d_name[0] != '.' && strcmp(found->d_name, "out") != 0 &&
			strcmp(found->d_name, "archive.tar") != 0 &&
			strcmp(found->d_name, "victim") != 0)
			fail_msg("%s was written outside", found->d_name);
	closedir(dir);
	assert_true(access("/ingot-evil", F_OK) < 0);
	assert_true(access("evil", F_OK) < 0);
	assert_true(access("in/victim/evil", F_OK) < 0);
}

static inline int
archive_enter(void **state)
{
	return scratch_enter(state) || mkdir("in", 0755);
}

#endif
