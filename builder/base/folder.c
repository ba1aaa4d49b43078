/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

#define DEPTH_MAX 100 /* open folders; what lies deeper is moved up first */

struct removal {
	int top; /* the folder that deep ones are moved to */
	unsigned deep; /* how many were */
	int failure; /* first -errno */
};

static void empty_folder(struct removal *r, int fd, unsigned depth);

static void
note(struct removal *r, int result)
{
	if (result < 0 && errno != ENOENT && !r->failure)
		r->failure = -errno;
}

static void
remove_folder(struct removal *r, int dirfd, const char *name, unsigned depth)
{
	char moved[32];
	unsigned before;
	int fd;

	/* Without the owner's bits nobody but root could look inside or remove an entry.
	 */
	note(r, fchmodat(dirfd, name, 0700, 0));
	if (depth >= DEPTH_MAX) {
		snprintf(moved, sizeof moved, ".deep-%u", r->deep++);
		note(r, renameat(dirfd, name, r->top, moved));
		return;
	}
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		note(r, fd);
		return;
	}
	if (depth == 0)
		r->top = fd;
	do {
		before = r->deep;
		empty_folder(r, fd, depth);
	} while (depth == 0 && r->deep > before && !r->failure);
	note(r, unlinkat(dirfd, name, AT_REMOVEDIR));
}

/* Consumes fd, but for the top folder's, which is read once more when deep ones came up.
 */
static void
empty_folder(struct removal *r, int fd, unsigned depth)
{
	int own = depth == 0 ? openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : fd;
	DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *entry;

	if (!dir) {
		note(r, -1);
		return;
	}
	while ((entry = readdir(dir))) {
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			note(r, -1);
		else if (S_ISDIR(st.st_mode))
			remove_folder(r, dirfd(dir), entry->d_name, depth + 1);
		else
			note(r, unlinkat(dirfd(dir), entry->d_name, 0));
	}
	closedir(dir);
}

int
folder_remove(const char *path)
{
	struct removal r = {.top = -1};
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(st.st_mode))
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	remove_folder(&r, AT_FDCWD, path, 0);
	if (r.top >= 0)
		close(r.top);
	return r.failure;
}
