/* SPDX-License-Identifier: ISC */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "stamp.h"
#include "unpack.h"

#define UNPACK_BYTES   (UINT64_C(4) << 30)
#define UNPACK_ENTRIES 400000
#define UNPACK_DEPTH   128
#define UNPACK_RATIO   1000
#define UNPACK_SMALL   (UINT64_C(16) << 20) /* below it no ratio is a bomb */

/*
 * libarchive reads; the writing is ours, since every name is walked from the root
 * folder's descriptor without following a link (openat, O_NOFOLLOW), which its disk
 * writer does not do.
 */
struct unpack {
	const char *file; /* the archive, as messages name it */
	struct archive *archive;
	struct error *e;
	bool strip;
	char top[NAME_MAX + 1]; /* the folder left out, "" until the first entry */
	int fd, root;
	int parent; /* descriptor of the folder of the last entry, or -1 */
	char parent_name[PATH_MAX];
	uint64_t bytes, entries;
};

/* -EBADMSG with archive and entry; bytes that could drive a terminal are shown as "?". */
__attribute__((format(printf, 3, 4))) static int
refuse(struct unpack *u, const char *entry, const char *format, ...)
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

static int
failed(struct unpack *u, const char *entry, const char *what)
{
	int code = errno;

	return error_set(
		u->e, code, "%s: %s: %s: %s", u->file, entry, what, strerror(code));
}

/*
 * Copies the parts of raw that name something, without "." and doubled slashes, into
 * name. 0 or -EBADMSG.
 */
static int
clean_name(struct unpack *u, const char *raw, char name[PATH_MAX])
{
	size_t at = 0, depth = 0;
	const char *part = raw;

	if (*raw == '/')
		return refuse(u, raw, "an absolute name");
	if (strlen(raw) >= PATH_MAX)
		return refuse(u, raw, "a name of %zu bytes", strlen(raw));
	while (*part) {
		size_t size = strcspn(part, "/");

		if (size == 2 && memcmp(part, "..", 2) == 0)
			return refuse(u, raw, "a name with \"..\"");
		if (size > NAME_MAX || depth > UNPACK_DEPTH)
			return refuse(u, raw, "a name too long or too deep");
		if (size > 0 && !(size == 1 && *part == '.')) {
			if (depth++ > 0)
				name[at++] = '/';
			memcpy(name + at, part, size);
			at += size;
		}
		part += size + (part[size] == '/');
	}
	name[at] = '\0';
	for (part = name; *part; part++)
		if (((unsigned char)*part) < ' ' || *part == 0x7f)
			return refuse(u, raw, "a control character in a name");
	return 0;
}

/* Leaves out the top folder. 1: the entry is that folder itself. */
static int
strip_top(struct unpack *u, char name[PATH_MAX], bool folder)
{
	size_t size = strcspn(name, "/");

	if (!name[size] && !folder)
		return error_set(
			u->e, EXDEV, "%s: %s: not in a top folder", u->file, name);
	if (!*u->top) {
		memcpy(u->top, name, size);
		u->top[size] = '\0';
	}
	if (strlen(u->top) != size || memcmp(u->top, name, size) != 0)
		return error_set(u->e, EXDEV, "%s: more than one top folder: %s and %.*s",
			u->file, u->top, (int)size, name);
	if (!name[size])
		return 1;
	memmove(name, name + size + 1, strlen(name + size + 1) + 1);
	return 0;
}

bool
unpack_link_inside(const char *name, const char *target)
{
	size_t depth = 0, up = 0;
	bool down = false;

	for (const char *c = name; *c; c++)
		depth += *c == '/';
	if (!*target || *target == '/' || strlen(target) >= PATH_MAX)
		return false;
	while (*target) {
		size_t size = strcspn(target, "/");

		if (size == 2 && memcmp(target, "..", 2) == 0) {
			if (down || ++up > depth)
				return false;
		} else if (size > 0 && !(size == 1 && *target == '.')) {
			down = true;
		}
		target += size + (target[size] == '/');
	}
	return true;
}

/* Opens (and makes, if missing) the folder `part` of parent; -1 with errno. */
static int
open_folder(int parent, const char *part)
{
	int fd = openat(parent, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(parent, part, 0755) < 0)
		return -1;
	return openat(parent, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* u->parent becomes the folder called name, "" for the root. No link is followed. */
static int
enter(struct unpack *u, const char *entry, const char *name)
{
	char parts[PATH_MAX];
	char *rest = parts, *part;
	int fd;

	if (u->parent >= 0 && strcmp(u->parent_name, name) == 0)
		return 0;
	if (u->parent >= 0)
		close(u->parent);
	u->parent = -1;
	fd = openat(u->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(parts, sizeof(parts), "%s", name);
	while (fd >= 0 && (part = strsep(&rest, "/")) != NULL && *part) {
		int next = open_folder(fd, part);

		if (next < 0 && (errno == ENOTDIR || errno == ELOOP)) {
			close(fd);
			return refuse(u, entry, "\"%s\" on its way is no folder", part);
		}
		if (next < 0) {
			int code = errno;

			close(fd);
			errno = code;
			return failed(u, entry, "mkdir");
		}
		close(fd);
		fd = next;
	}
	if (fd < 0)
		return failed(u, entry, "open");
	u->parent = fd;
	snprintf(u->parent_name, sizeof(u->parent_name), "%s", name);
	return 0;
}

/* Enters the folder that name stands in; *base is the name's last part. */
static int
enter_parent(struct unpack *u, const char *name, const char **base)
{
	char folder[PATH_MAX] = "";
	const char *slash = strrchr(name, '/');

	*base = slash ? slash + 1 : name;
	if (slash)
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - name), name);
	return enter(u, name, folder);
}

/* Counts what the archive came to so far, and what part of the open file is written. */
static int
check_bomb(struct unpack *u, const char *entry, uint64_t size)
{
	uint64_t bytes = u->bytes + size;
	int64_t from = archive_filter_bytes(u->archive, -1);

	if (size > UNPACK_BYTES || bytes > UNPACK_BYTES)
		return refuse(u, entry, "the archive holds more than 4 GiB");
	if (bytes > UNPACK_SMALL && from >= 0 && bytes / UNPACK_RATIO > (uint64_t)from)
		return refuse(u, entry, "%ju bytes came from %jd: a bomb",
			(uintmax_t)bytes, (intmax_t)from);
	return 0;
}

static int
read_failed(struct unpack *u, const char *entry)
{
	const char *why = archive_error_string(u->archive);

	return error_set(u->e, EBADMSG, "%s: %s%sdamaged or no tar archive: %s", u->file,
		entry ? entry : "", entry ? ": " : "", why ? why : "no reason given");
}

/* Writes the open entry's bytes; blocks come with offsets, for sparse files. */
static int
write_data(struct unpack *u, const char *name, int fd, uint64_t size)
{
	uint64_t end = 0;

	for (;;) {
		const void *data;
		size_t count;
		la_int64_t offset;
		int r = archive_read_data_block(u->archive, &data, &count, &offset);

		if (r == ARCHIVE_EOF)
			break;
		if (r != ARCHIVE_OK)
			return read_failed(u, name);
		if (offset < 0 || (uint64_t)offset < end || (uint64_t)offset > size ||
			count > size - (uint64_t)offset)
			return refuse(u, name, "a block outside the file's size");
		r = check_bomb(u, name, (uint64_t)offset + count);
		if (r < 0)
			return r;
		if ((uint64_t)offset > end && lseek(fd, offset, SEEK_SET) < 0)
			return failed(u, name, "lseek");
		r = io_write_full(fd, data, count);
		if (r < 0) {
			errno = -r;
			return failed(u, name, "write");
		}
		end = (uint64_t)offset + count;
	}
	if (end < size) {
		int r = check_bomb(u, name, size);

		if (r < 0)
			return r;
		if (ftruncate(fd, (off_t)size) < 0)
			return failed(u, name, "ftruncate");
	}
	u->bytes += size;
	return 0;
}

/* Makes way for a second entry of the same name, which replaces the first, as in tar(1).
 */
static int
make_way(struct unpack *u, const char *name, const char *base)
{
	if (unlinkat(u->parent, base, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR)
		return refuse(u, name, "it stands in the archive as a folder, too");
	return failed(u, name, "unlink");
}

static int
put_file(struct unpack *u, const char *name, struct archive_entry *entry)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	mode_t mode = archive_entry_perm(entry) & S_IXUSR ? 0755 : 0644;
	la_int64_t size = archive_entry_size(entry);
	const char *base;
	int fd, r;

	if (size < 0 || (uint64_t)size > UNPACK_BYTES)
		return refuse(u, name, "the archive holds more than 4 GiB");
	r = enter_parent(u, name, &base);
	if (r < 0)
		return r;
	fd = openat(u->parent, base, flags, mode);
	if (fd < 0 && errno == EEXIST) {
		r = make_way(u, name, base);
		if (r < 0)
			return r;
		fd = openat(u->parent, base, flags, mode);
	}
	if (fd < 0)
		return failed(u, name, "open");
	r = write_data(u, name, fd, (uint64_t)size);
	if (r == 0 && fchmod(fd, mode) < 0)
		r = failed(u, name, "fchmod");
	if (close(fd) < 0 && r == 0)
		r = failed(u, name, "close");
	return r;
}

static int
put_symlink(struct unpack *u, const char *name, struct archive_entry *entry)
{
	const char *target = archive_entry_symlink(entry);
	const char *base;
	int r;

	if (!target)
		target = archive_entry_symlink_utf8(entry);
	if (!target || !unpack_link_inside(name, target))
		return refuse(u, name, "a link that leads out of the archive: \"%s\"",
			target ? target : "");
	r = enter_parent(u, name, &base);
	if (r < 0)
		return r;
	r = make_way(u, name, base);
	if (r < 0)
		return r;
	if (symlinkat(target, u->parent, base) < 0)
		return failed(u, name, "symlink");
	return 0;
}

/* A second name for a file that came before. Not for a link: moved, it would lead
 * elsewhere. */
static int
put_hardlink(struct unpack *u, const char *name, const char *raw)
{
	char target[PATH_MAX] = "";
	const char *base;
	struct stat st;
	int from, r;

	r = clean_name(u, raw, target);
	if (r == 0 && u->strip)
		r = strip_top(u, target, false);
	if (r < 0)
		return r;
	r = enter_parent(u, target, &base);
	if (r < 0)
		return r;
	if (fstatat(u->parent, base, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISREG(st.st_mode))
		return refuse(
			u, name, "a hard link to what is no file before it: \"%s\"", raw);
	if (strcmp(name, target) == 0)
		return 0;
	from = fcntl(u->parent, F_DUPFD_CLOEXEC, 0);
	if (from < 0)
		return failed(u, name, "dup");
	base = strrchr(target, '/') ? strrchr(target, '/') + 1 : target;
	const char *to;

	r = enter_parent(u, name, &to);
	if (r == 0)
		r = make_way(u, name, to);
	if (r == 0 && linkat(from, base, u->parent, to, 0) < 0)
		r = failed(u, name, "link");
	close(from);
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
		return refuse(u, "(no name)", "an entry without a name");
	if (++u->entries > UNPACK_ENTRIES)
		return refuse(u, raw, "more than %d entries", UNPACK_ENTRIES);
	folder = !hard && archive_entry_filetype(entry) == AE_IFDIR;
	r = clean_name(u, raw, name);
	if (r < 0)
		return r;
	if (!*name)
		return folder ? 0 : refuse(u, raw, "a name that names nothing");
	r = u->strip ? strip_top(u, name, folder) : 0;
	if (r != 0)
		return r < 0 ? r : 0;
	if (hard)
		return put_hardlink(u, name, hard);
	switch (archive_entry_filetype(entry)) {
	case AE_IFDIR:
		return enter(u, name, name);
	case AE_IFREG:
		return put_file(u, name, entry);
	case AE_IFLNK:
		return put_symlink(u, name, entry);
	default:
		return refuse(u, raw, "a device, fifo or socket");
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
		return read_failed(u, NULL);
	if (archive_filter_count(a) > 2)
		return refuse(u, "(whole)", "it is compressed more than once");
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
			return read_failed(u, NULL);
		r = put_entry(u, entry);
		if (r < 0)
			return r;
	}
	if (u->entries == 0)
		return error_set(u->e, EBADMSG, "%s: holds no files", u->file);
	return 0;
}

int
unpack_archive(const char *archive, const char *dir, bool strip, struct error *e)
{
	struct unpack u = {
		.file = archive, .e = e, .strip = strip, .fd = -1, .parent = -1};
	int r;

	u.root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (u.root < 0)
		return error_set(e, errno, "%s: %s", dir, strerror(errno));
	r = open_archive(&u);
	if (r == 0)
		r = put_all(&u);
	if (r == 0)
		r = stamp_tree(dir, e);
	archive_read_free(u.archive);
	if (u.parent >= 0)
		close(u.parent);
	close(u.root);
	if (u.fd >= 0)
		close(u.fd);
	return r;
}
