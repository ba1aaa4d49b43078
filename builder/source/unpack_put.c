/* SPDX-License-Identifier: ISC */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/io.h"
#include "stamp.h"
#include "unpack.h"
#include "unpack_parts.h"

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

/*
 * Where the walk to the folder called name starts: the folder of the last entry if name
 * is below it, else the root. *rest is the part of name that is left. Takes u->parent.
 */
static int
start_of_walk(struct unpack *u, const char *name, const char **rest)
{
	size_t length = strlen(u->parent_name);
	int fd = u->parent;

	*rest = name;
	u->parent = -1;
	if (fd >= 0 && length > 0 && strncmp(name, u->parent_name, length) == 0 &&
		name[length] == '/') {
		*rest = name + length + 1;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return openat(u->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int
unpack_enter(struct unpack *u, const char *entry, const char *name)
{
	char parts[PATH_MAX];
	char *rest = parts, *part;
	const char *left;
	int fd;

	if (u->parent >= 0 && strcmp(u->parent_name, name) == 0)
		return 0;
	fd = start_of_walk(u, name, &left);
	snprintf(parts, sizeof(parts), "%s", left);
	while (fd >= 0 && (part = strsep(&rest, "/")) != NULL && *part) {
		int next = open_folder(fd, part);
		int code = errno;

		close(fd);
		errno = code;
		if (next < 0 && (errno == ENOTDIR || errno == ELOOP))
			return unpack_refuse(
				u, entry, "\"%s\" on its way is no folder", part);
		if (next < 0)
			return unpack_failed(u, entry, "mkdir");
		fd = next;
	}
	if (fd < 0)
		return unpack_failed(u, entry, "open");
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
	return unpack_enter(u, name, folder);
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
			return unpack_read_failed(u, name);
		if (offset < 0 || (uint64_t)offset < end || (uint64_t)offset > size ||
			count > size - (uint64_t)offset)
			return unpack_refuse(u, name, "a block outside the file's size");
		r = unpack_check_bomb(u, name, (uint64_t)offset + count);
		if (r < 0)
			return r;
		if ((uint64_t)offset > end && lseek(fd, offset, SEEK_SET) < 0)
			return unpack_failed(u, name, "lseek");
		r = io_write_full(fd, data, count);
		if (r < 0) {
			errno = -r;
			return unpack_failed(u, name, "write");
		}
		end = (uint64_t)offset + count;
	}
	if (end < size) {
		int r = unpack_check_bomb(u, name, size);

		if (r < 0)
			return r;
		if (ftruncate(fd, (off_t)size) < 0)
			return unpack_failed(u, name, "ftruncate");
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
		return unpack_refuse(
			u, name, "it stands in the archive as a folder, too");
	return unpack_failed(u, name, "unlink");
}

int
unpack_put_file(struct unpack *u, const char *name, struct archive_entry *entry)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	mode_t mode = archive_entry_perm(entry) & S_IXUSR ? 0755 : 0644;
	la_int64_t size = archive_entry_size(entry);
	const char *base;
	int fd, r;

	if (size < 0 || (uint64_t)size > UNPACK_BYTES)
		return unpack_refuse(u, name, "the archive holds more than 4 GiB");
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
		return unpack_failed(u, name, "open");
	r = write_data(u, name, fd, (uint64_t)size);
	/* The umask, or a default ACL of the folder, may have taken bits away. */
	if (r == 0 && fchmod(fd, mode) < 0)
		r = unpack_failed(u, name, "fchmod");
	if (r == 0 && futimens(fd, stamp_times) < 0)
		r = unpack_failed(u, name, "futimens");
	if (close(fd) < 0 && r == 0)
		r = unpack_failed(u, name, "close");
	return r;
}

int
unpack_put_symlink(struct unpack *u, const char *name, struct archive_entry *entry)
{
	const char *target = archive_entry_symlink(entry);
	const char *base;
	int r;

	if (!target)
		target = archive_entry_symlink_utf8(entry);
	if (!target || !unpack_link_inside(name, target))
		return unpack_refuse(u, name,
			"a link that leads out of the archive: \"%s\"",
			target ? target : "");
	r = enter_parent(u, name, &base);
	if (r < 0)
		return r;
	r = make_way(u, name, base);
	if (r < 0)
		return r;
	if (symlinkat(target, u->parent, base) < 0)
		return unpack_failed(u, name, "symlink");
	if (utimensat(u->parent, base, stamp_times, AT_SYMLINK_NOFOLLOW) < 0)
		return unpack_failed(u, name, "utimensat");
	return 0;
}

/* A second name for a file that came before. Not for a link: moved, it would lead
 * elsewhere. */
int
unpack_put_hardlink(struct unpack *u, const char *name, const char *raw)
{
	char target[PATH_MAX] = "";
	const char *base;
	struct stat st;
	int from, r;

	r = unpack_name(u, raw, target);
	if (r == 0 && u->strip)
		r = unpack_strip_top(u, target, false);
	if (r < 0)
		return r;
	if (!unpack_wanted(u, target))
		return unpack_refuse(
			u, name, "a hard link to what is left out: \"%s\"", target);
	r = enter_parent(u, target, &base);
	if (r < 0)
		return r;
	if (fstatat(u->parent, base, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISREG(st.st_mode))
		return unpack_refuse(
			u, name, "a hard link to what is no file before it: \"%s\"", raw);
	if (strcmp(name, target) == 0)
		return 0;
	from = fcntl(u->parent, F_DUPFD_CLOEXEC, 0);
	if (from < 0)
		return unpack_failed(u, name, "dup");
	base = strrchr(target, '/') ? strrchr(target, '/') + 1 : target;
	const char *to;

	r = enter_parent(u, name, &to);
	if (r == 0)
		r = make_way(u, name, to);
	if (r == 0 && linkat(from, base, u->parent, to, 0) < 0)
		r = unpack_failed(u, name, "link");
	close(from);
	return r;
}
