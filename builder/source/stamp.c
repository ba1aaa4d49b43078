/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "stamp.h"

const struct timespec stamp_times[2] = {
	{.tv_sec = STAMP_EPOCH},
	{.tv_sec = STAMP_EPOCH},
};

static int
stamp_entry(int parent, const char *name, const struct stat *st, struct error *e)
{
	if (!S_ISLNK(st->st_mode)) {
		mode_t mode = st->st_mode & 07777;
		mode_t plain = S_ISDIR(st->st_mode) || (mode & S_IXUSR) ? 0755 : 0644;

		if (mode != plain && fchmodat(parent, name, plain, 0) < 0)
			return error_set(
				e, errno, "%s: chmod: %s", name, strerror(errno));
	}
	if (st->st_mtim.tv_sec == STAMP_EPOCH && st->st_mtim.tv_nsec == 0)
		return 0;
	if (utimensat(parent, name, stamp_times, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(e, errno, "%s: utimensat: %s", name, strerror(errno));
	return 0;
}

/* Takes fd over. Folders last: a chmod or a time below does not touch them, but order is
 * free. */
static int
stamp_folder(int fd, const char *path, bool folders, struct error *e)
{
	DIR *stream = fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!stream) {
		r = error_set(e, errno, "%s: %s", path, strerror(errno));
		close(fd);
		return r;
	}
	while (r == 0 && (errno = 0, entry = readdir(stream)) != NULL) {
		const char *name = entry->d_name;
		struct stat st;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (folders && entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)
			continue;
		if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			r = error_set(e, errno, "%s/%s: %s", path, name, strerror(errno));
			break;
		}
		r = stamp_entry(fd, name, &st, e);
		if (r == 0 && S_ISDIR(st.st_mode)) {
			int sub = openat(fd, name,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			r = sub < 0 ? error_set(e, errno, "%s/%s: %s", path, name,
					      strerror(errno))
				    : stamp_folder(sub, name, folders, e);
		}
	}
	if (r == 0 && errno)
		r = error_set(e, errno, "%s: readdir: %s", path, strerror(errno));
	closedir(stream);
	return r;
}

static int
stamp(const char *dir, bool folders, struct error *e)
{
	struct stat st;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0 || fstat(fd, &st) < 0) {
		r = error_set(e, errno, "%s: %s", dir, strerror(errno));
		if (fd >= 0)
			close(fd);
		return r;
	}
	r = stamp_entry(AT_FDCWD, dir, &st, e);
	if (r < 0) {
		close(fd);
		return r;
	}
	return stamp_folder(fd, dir, folders, e);
}

int
stamp_tree(const char *dir, struct error *e)
{
	return stamp(dir, false, e);
}

int
stamp_folders(const char *dir, struct error *e)
{
	return stamp(dir, true, e);
}
