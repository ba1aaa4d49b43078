/* SPDX-License-Identifier: ISC */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"
#include "stamp.h"
#include "unpack.h"
#include "unpack_parts.h"

#define UNPACK_ENTRIES 400000
#define UNPACK_RATIO   1000
#define UNPACK_SMALL   (UINT64_C(16) << 20) /* below it no ratio is a bomb */

int
unpack_refuse(struct unpack *u, const char *entry, const char *format, ...)
{
	char name[256], why[256];
	va_list ap;

	(void)snprintf(name, sizeof(name), "%s", entry);
	for (char *c = name; *c; c++)
		if ((*c & 0x7f) < ' ' || *c == 0x7f)
			*c = '?';
	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	return error_set(u->e, EBADMSG, "%s: %s: refused: %s", u->file, name, why);
}

int
unpack_failed(struct unpack *u, const char *entry, const char *what)
{
	int code = errno;

	return error_set(
		u->e, code, "%s: %s: %s: %s", u->file, entry, what, strerror(code));
}

int
unpack_check_bomb(struct unpack *u, const char *entry, uint64_t size)
{
	uint64_t bytes = u->bytes + size;
	int64_t from = archive_filter_bytes(u->archive, -1);

	if (size > UNPACK_BYTES || bytes > UNPACK_BYTES)
		return unpack_refuse(u, entry, "the archive holds more than 4 GiB");
	if (bytes > UNPACK_SMALL && from >= 0 && bytes / UNPACK_RATIO > (uint64_t)from)
		return unpack_refuse(u, entry, "%ju bytes came from %jd: a bomb",
			(uintmax_t)bytes, (intmax_t)from);
	return 0;
}

int
unpack_read_failed(struct unpack *u, const char *entry)
{
	const char *why = archive_error_string(u->archive);

	return error_set(u->e, EBADMSG, "%s: %s%sdamaged or no tar archive: %s", u->file,
		entry ? entry : "", entry ? ": " : "", why ? why : "no reason given");
}

/* As unpack_wanted(), noting which patterns it was that matched. */
static bool
take(struct unpack *u, const char *name)
{
	bool wanted = !u->only;

	for (size_t i = 0; u->only && i < u->only->count; i++)
		if (unpack_matches(u->only->item[i], name))
			wanted = u->found[i] = true;
	return wanted;
}

/* What is left out counts as well: it has to be decompressed all the same. */
static int
skip(struct unpack *u, const char *name, struct archive_entry *entry, bool data)
{
	la_int64_t size = data ? archive_entry_size(entry) : 0;
	int r;

	if (size < 0 || (uint64_t)size > UNPACK_BYTES)
		return unpack_refuse(u, name, "the archive holds more than 4 GiB");
	if (archive_read_data_skip(u->archive) != ARCHIVE_OK)
		return unpack_read_failed(u, name);
	r = unpack_check_bomb(u, name, (uint64_t)size);
	u->bytes += (uint64_t)size;
	return r;
}

static int
put_entry(struct unpack *u, struct archive_entry *entry)
{
	const char *raw = archive_entry_pathname(entry);
	const char *hard = archive_entry_hardlink(entry);
	bool folder;
	char name[PATH_MAX] = "";
	int r;

	/* What pax gives as UTF-8 has no form in the C locale: take it as it stands. */
	if (!raw)
		raw = archive_entry_pathname_utf8(entry);
	if (!hard)
		hard = archive_entry_hardlink_utf8(entry);
	if (!raw || !*raw)
		return unpack_refuse(u, "(no name)", "an entry without a name");
	if (++u->entries > UNPACK_ENTRIES)
		return unpack_refuse(u, raw, "more than %d entries", UNPACK_ENTRIES);
	folder = !hard && archive_entry_filetype(entry) == AE_IFDIR;
	r = unpack_name(u, raw, name);
	if (r < 0)
		return r;
	if (!*name)
		return folder ? 0 : unpack_refuse(u, raw, "a name that names nothing");
	r = u->strip ? unpack_strip_top(u, name, folder) : 0;
	if (r != 0)
		return r < 0 ? r : 0;
	if (!take(u, name))
		return skip(u, name, entry, !hard);
	if (hard)
		return unpack_put_hardlink(u, name, hard);
	switch (archive_entry_filetype(entry)) {
	case AE_IFDIR:
		return unpack_enter(u, name, name);
	case AE_IFREG:
		return unpack_put_file(u, name, entry);
	case AE_IFLNK:
		return unpack_put_symlink(u, name, entry);
	default:
		return unpack_refuse(u, raw, "a device, fifo or socket");
	}
}

static int
open_archive(struct unpack *u)
{
	struct archive *a = u->archive = archive_read_new();

	if (!a)
		return error_set(u->e, ENOMEM, "%s: out of memory", u->file);
	/* ARCHIVE_WARN: libarchive would run a program of the host instead. */
	if (archive_read_support_format_tar(a) != ARCHIVE_OK ||
		archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
		archive_read_support_filter_bzip2(a) != ARCHIVE_OK ||
		archive_read_support_filter_xz(a) != ARCHIVE_OK ||
		archive_read_support_filter_zstd(a) != ARCHIVE_OK)
		return error_set(u->e, ENOSYS,
			"%s: this libarchive lacks gzip, bzip2, xz or zstd: install a full one",
			u->file);
	u->fd = open(u->file, O_RDONLY | O_CLOEXEC);
	if (u->fd < 0)
		return error_set(u->e, errno, "%s: %s", u->file, strerror(errno));
	if (archive_read_open_fd(a, u->fd, 128 << 10) != ARCHIVE_OK)
		return unpack_read_failed(u, NULL);
	if (archive_filter_count(a) > 2)
		return unpack_refuse(u, "(whole)", "it is compressed more than once");
	return 0;
}

static int
put_all(struct unpack *u)
{
	for (;;) {
		struct archive_entry *entry;
		int r = archive_read_next_header(u->archive, &entry);

		if (r == ARCHIVE_EOF)
			break;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return unpack_read_failed(u, NULL);
		r = put_entry(u, entry);
		if (r < 0)
			return r;
	}
	if (u->entries == 0)
		return error_set(u->e, EBADMSG, "%s: holds no files", u->file);
	for (size_t i = 0; u->only && i < u->only->count; i++)
		if (!u->found[i])
			return error_set(u->e, ENODATA,
				"%s: nothing in it is called \"%s\"", u->file,
				u->only->item[i]);
	return 0;
}

int
unpack_archive(const char *archive, const char *dir, bool strip,
	const struct strlist *only, struct error *e)
{
	struct unpack u = {
		.file = archive, .e = e, .strip = strip, .fd = -1, .parent = -1};
	int r;

	if (only && only->count) {
		u.only = only;
		u.found = calloc(only->count, sizeof(*u.found));
		if (!u.found)
			return error_set(e, ENOMEM, "%s: out of memory", archive);
	}
	u.root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (u.root < 0) {
		free(u.found);
		return error_set(e, errno, "%s: %s", dir, strerror(errno));
	}
	r = open_archive(&u);
	if (r == 0)
		r = put_all(&u);
	if (r == 0)
		r = stamp_folders(dir, e);
	archive_read_free(u.archive);
	if (u.parent >= 0)
		close(u.parent);
	close(u.root);
	if (u.fd >= 0)
		close(u.fd);
	free(u.found);
	return r;
}
