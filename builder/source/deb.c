/* SPDX-License-Identifier: ISC */
#include "deb.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/error.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"

#define CHUNK ((size_t)128 << 10)

static bool
begins_with_folder(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return strncmp(path, folder, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0');
}

char *
deb_path(const char *path)
{
	static const char *const merged[] = {
		"bin", "sbin", "lib", "lib32", "lib64", "libx32"};
	static const char *const dropped[] = {"usr/share/doc", "usr/share/doc-base",
		"usr/share/man", "usr/share/info", "usr/share/locale",
		"usr/share/lintian", "usr/share/bug", "usr/share/menu",
		"usr/share/bash-completion", "usr/share/zoneinfo", "usr/share/debconf",
		"usr/lib/systemd", "usr/games"};
	char *moved = NULL;

	while (strncmp(path, "./", 2) == 0)
		path += 2;
	for (size_t i = 0; i < sizeof merged / sizeof merged[0] && !moved; i++)
		if (begins_with_folder(path, merged[i]))
			moved = xasprintf("usr/%s", path);
	if (!moved)
		moved = xstrdup(path);
	if (!begins_with_folder(moved, "usr") && !begins_with_folder(moved, "etc"))
		goto drop;
	for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
		if (begins_with_folder(moved, dropped[i]))
			goto drop;
	return moved;
drop:
	free(moved);
	return NULL;
}

/* The ar member that is being read as an archive of its own. */
struct member {
	struct archive *outer;
	char buffer[CHUNK];
};

static la_ssize_t
read_member(struct archive *inner, void *context, const void **buffer)
{
	struct member *m = context;
	la_ssize_t got = archive_read_data(m->outer, m->buffer, CHUNK);

	if (got < 0)
		archive_set_error(inner, EIO, "%s", archive_error_string(m->outer));
	*buffer = m->buffer;
	return got;
}

static int
copy_data(struct archive *from, struct archive *to)
{
	const void *block;
	size_t size;
	la_int64_t offset;
	int rc;

	while ((rc = archive_read_data_block(from, &block, &size, &offset)) == ARCHIVE_OK)
		if (archive_write_data_block(to, block, size, offset) < ARCHIVE_OK)
			return ARCHIVE_FATAL;
	return rc == ARCHIVE_EOF ? ARCHIVE_OK : rc;
}

/* Gives the entry its place and mode in the root; false if it is left out. */
static int
place(struct archive_entry *entry, const char *package, struct error *e)
{
	const char *link = archive_entry_hardlink(entry);
	char *path = deb_path(archive_entry_pathname(entry));
	mode_t type = archive_entry_filetype(entry);
	mode_t mode = archive_entry_perm(entry) & 0777;

	if (!path)
		return 0;
	if (link) {
		char *target = deb_path(link);

		if (!target) {
			free(path);
			return error_set(e, EBADMSG,
				"%s: %s is a link to what is left out", package,
				archive_entry_pathname(entry));
		}
		archive_entry_set_hardlink(entry, target);
		free(target);
	} else if (type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK) {
		free(path);
		return error_set(e, EBADMSG, "%s: %s is neither file, folder nor link",
			package, archive_entry_pathname(entry));
	}
	archive_entry_set_pathname(entry, path);
	/* Whoever unpacks must be able to read and, below a folder, to write. */
	archive_entry_set_perm(entry, type == AE_IFDIR ? 0755
				      : (mode & 0111)  ? 0755
						       : 0644);
	free(path);
	return 1;
}

static int
unpack_entries(
	struct archive *from, struct archive *to, const char *package, struct error *e)
{
	struct archive_entry *entry;
	int rc;

	while ((rc = archive_read_next_header(from, &entry)) == ARCHIVE_OK ||
		rc == ARCHIVE_WARN) {
		int placed = place(entry, package, e);

		if (placed < 0)
			return placed;
		if (placed == 0)
			continue;
		if (archive_write_header(to, entry) < ARCHIVE_WARN ||
			(archive_entry_size(entry) > 0 &&
				copy_data(from, to) != ARCHIVE_OK) ||
			archive_write_finish_entry(to) < ARCHIVE_WARN) {
			const char *why = archive_error_string(to);

			if (!why)
				why = archive_error_string(from);
			return error_set(e, EIO, "%s: %s: %s", package,
				archive_entry_pathname(entry),
				why ? why : "cannot unpack");
		}
	}
	if (rc != ARCHIVE_EOF)
		return error_set(
			e, EBADMSG, "%s: %s", package, archive_error_string(from));
	return 0;
}

static int
unpack_member(struct archive *outer, const char *package, struct error *e)
{
	struct archive *inner = archive_read_new(), *disk = archive_write_disk_new();
	struct member *member = xmalloc(sizeof *member);
	int rc;

	if (!inner || !disk)
		die("out of memory");
	member->outer = outer;
	archive_read_support_filter_all(inner);
	archive_read_support_format_tar(inner);
	archive_write_disk_set_options(
		disk, ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_UNLINK |
			      ARCHIVE_EXTRACT_SECURE_NODOTDOT |
			      ARCHIVE_EXTRACT_SECURE_SYMLINKS |
			      ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS);
	if (archive_read_open(inner, member, NULL, read_member, NULL) != ARCHIVE_OK)
		rc = error_set(
			e, EBADMSG, "%s: %s", package, archive_error_string(inner));
	else
		rc = unpack_entries(inner, disk, package, e);
	archive_read_free(inner);
	archive_write_free(disk);
	free(member);
	return rc;
}

int
deb_unpack(const char *package, struct error *e)
{
	struct archive *outer = archive_read_new();
	struct archive_entry *entry;
	int rc;

	if (!outer)
		die("out of memory");
	archive_read_support_format_ar(outer);
	if (archive_read_open_filename(outer, package, CHUNK) != ARCHIVE_OK) {
		rc = error_set(e, EIO, "%s: %s", package, archive_error_string(outer));
		goto out;
	}
	while (archive_read_next_header(outer, &entry) == ARCHIVE_OK)
		if (strncmp(archive_entry_pathname(entry), "data.tar", 8) == 0) {
			rc = unpack_member(outer, package, e);
			goto out;
		}
	rc = error_set(
		e, EBADMSG, "%s: not a Debian package: no data.tar in it", package);
out:
	archive_read_free(outer);
	return rc;
}

/* One process's share: every jobs-th package. */
static void
unpack_share(char *const *package, size_t count, const char *dir, unsigned share,
	unsigned jobs)
{
	struct error e;

	umask(022);
	if (chdir(dir) < 0) {
		warn("%s: %s", dir, strerror(errno));
		_exit(1);
	}
	for (size_t i = share; i < count; i += jobs)
		if (deb_unpack(package[i], &e) < 0) {
			warn("%s", e.text);
			_exit(1);
		}
	_exit(0);
}

void
deb_unpack_all(char *const *package, size_t count, const char *dir, unsigned jobs)
{
	pid_t *child = xcalloc(jobs, sizeof *child);
	bool failed = false;

	for (unsigned i = 0; i < jobs; i++) {
		child[i] = fork();
		if (child[i] < 0)
			die("fork: %s", strerror(errno));
		if (child[i] == 0)
			unpack_share(package, count, dir, i, jobs);
	}
	for (unsigned i = 0; i < jobs; i++) {
		int status;

		while (waitpid(child[i], &status, 0) < 0 && errno == EINTR)
			;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			failed = true;
	}
	free(child);
	if (failed)
		die("%s: the packages could not be unpacked", dir);
}
