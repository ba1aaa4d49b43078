/* SPDX-License-Identifier: ISC */
#include "selfcheck.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/error.h"
#include "lib/files.h"
#include "lib/io.h"

#define RECORD_MOST (64 << 20)

/* open_tree(2), whose wrapper and constants not every libc has */
#define TREE_CLONE 1

/* A path of the record below the root's descriptor: "/bin/sh" is "bin/sh", "/" is ".". */
static const char *
below(const char *path)
{
	return path[1] ? path + 1 : ".";
}

static int
open_record(
	const struct selfcheck_image *image, struct files_reader *reader, struct error *e)
{
	struct files_head head;

	return files_open(
		reader, FILES_PATH, image->record, image->record_size, &head, e);
}

static int
read_paths(struct selfcheck_image *image, struct error *e)
{
	static struct files_reader reader;
	static struct files_entry entry;
	size_t room = 0;
	int r = open_record(image, &reader, e);

	while (r == 0 && (r = files_next(&reader, &entry, e)) == 1) {
		if (image->count == room) {
			room = room ? room * 2 : 1024;
			image->path =
				reallocarray(image->path, room, sizeof(*image->path));
			if (!image->path)
				return error_set(e, ENOMEM, "out of memory");
		}
		image->path[image->count] = strdup(entry.path);
		if (!image->path[image->count++])
			return error_set(e, ENOMEM, "out of memory");
		r = 0;
	}
	return r;
}

int
selfcheck_image_open(struct selfcheck_image *image, struct error *e)
{
	int r;

	memset(image, 0, sizeof(*image));
	/* A copy of the root mount alone, so that what /dev and the others hide is seen,
	 * too. */
	image->root_fd =
		(int)syscall(SYS_open_tree, AT_FDCWD, "/", TREE_CLONE | O_CLOEXEC);
	if (image->root_fd < 0)
		return error_set(
			e, errno, "/: cannot look below the mounts: %s", strerror(errno));
	r = io_read_file(image->root_fd, below(FILES_PATH), RECORD_MOST, &image->record,
		&image->record_size, e);
	return r < 0 ? r : read_paths(image, e);
}

/* The hash of a file's bytes or a link's target. */
static int
hash_entry(int root_fd, const struct files_entry *entry, char hex[SHA256_HEX])
{
	char target[PATH_MAX];
	ssize_t n;
	int fd, r;

	if (entry->type == 'l') {
		n = readlinkat(root_fd, below(entry->path), target, sizeof(target));
		if (n < 0)
			return -errno;
		sha256_hex(target, (size_t)n, hex);
		return 0;
	}
	fd = openat(root_fd, below(entry->path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = sha256_fd(fd, hex, NULL);
	close(fd);
	return r;
}

static int
check_entry(int root_fd, const struct files_entry *entry, struct error *e)
{
	static const struct {
		char type;
		mode_t mode;
	} types[] = {{'f', S_IFREG}, {'d', S_IFDIR}, {'l', S_IFLNK}, {'c', S_IFCHR}};
	bool bytes = entry->type == 'f' || entry->type == 'l';
	char hex[SHA256_HEX];
	mode_t type = 0;
	struct stat st;
	int r;

	for (size_t i = 0; i < 4; i++)
		if (types[i].type == entry->type)
			type = types[i].mode;
	if (fstatat(root_fd, below(entry->path), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set(e, errno, "%s: %s", entry->path, strerror(errno));
	if ((st.st_mode & S_IFMT) != type)
		return error_set(
			e, EBADMSG, "%s: not of type %c", entry->path, entry->type);
	/* The kernel makes every link 0777. */
	if (entry->type != 'l' && (st.st_mode & 07777) != entry->mode)
		return error_set(e, EBADMSG, "%s: mode is %04o, recorded %04o",
			entry->path, st.st_mode & 07777u, entry->mode);
	if (st.st_uid != entry->uid || st.st_gid != entry->gid)
		return error_set(e, EBADMSG, "%s: owner is %u:%u, recorded %u:%u",
			entry->path, st.st_uid, st.st_gid, entry->uid, entry->gid);
	if (!bytes)
		return 0;
	if ((uint64_t)st.st_size != entry->size)
		return error_set(e, EBADMSG, "%s: size is %lld, recorded %llu",
			entry->path, (long long)st.st_size,
			(unsigned long long)entry->size);
	r = hash_entry(root_fd, entry, hex);
	if (r < 0)
		return error_set(e, -r, "%s: %s", entry->path, strerror(-r));
	if (strcmp(hex, entry->sha256) != 0)
		return error_set(e, EBADMSG, "%s: its bytes are not the recorded ones",
			entry->path);
	return 0;
}

int
selfcheck_image_content(
	const struct selfcheck_image *image, char id[SHA256_HEX], struct error *e)
{
	static struct files_reader reader;
	static struct files_entry entry;
	char *text, want[SHA256_HEX + 1];
	size_t size;
	int r;

	sha256_hex(image->record, image->record_size, id);
	snprintf(want, sizeof(want), "%s\n", id);
	r = io_read_file(image->root_fd, below(CONTENT_ID_PATH), 128, &text, &size, e);
	if (r < 0)
		return r;
	r = strcmp(text, want) == 0 && size == strlen(want) ? 0 : -EBADMSG;
	free(text);
	if (r < 0)
		return error_set(
			e, EBADMSG, CONTENT_ID_PATH " is not the hash of " FILES_PATH);
	r = open_record(image, &reader, e);
	while (r == 0 && (r = files_next(&reader, &entry, e)) == 1)
		r = check_entry(image->root_fd, &entry, e);
	return r;
}

static int
compare(const void *key, const void *item)
{
	return strcmp(key, *(char *const *)item);
}

/* The record cannot hold itself, and the folder of the root need not stand in it. */
static bool
is_listed(const struct selfcheck_image *image, const char *path)
{
	if (strcmp(path, FILES_PATH) == 0 || strcmp(path, CONTENT_ID_PATH) == 0)
		return true;
	return image->count > 0 &&
	       bsearch(path, image->path, image->count, sizeof(*image->path), compare);
}

/* One folder, whose path ends in "/"; path is a buffer of PATH_MAX that is written
 * behind. */
static int
walk(const struct selfcheck_image *image, char *path, struct error *e)
{
	size_t length = strlen(path);
	struct dirent *entry;
	int fd, r = 0;
	DIR *dir;

	fd = openat(image->root_fd, below(path),
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return error_set(e, errno, "%s: %s", path, strerror(errno));
	while (r == 0 && (entry = readdir(dir))) {
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (length + strlen(entry->d_name) + 2 > PATH_MAX) {
			r = error_set(e, ENAMETOOLONG, "%s: too deep", path);
			break;
		}
		strcpy(path + length, entry->d_name);
		if (!is_listed(image, path))
			r = error_set(e, EBADMSG, "%s is not of this image", path);
		else if (fstatat(image->root_fd, below(path), &st, AT_SYMLINK_NOFOLLOW) <
			 0)
			r = error_set(e, errno, "%s: %s", path, strerror(errno));
		else if (S_ISDIR(st.st_mode))
			r = walk(image, strcat(path, "/"), e);
		path[length] = '\0';
	}
	closedir(dir);
	return r;
}

int
selfcheck_image_foreign(const struct selfcheck_image *image, struct error *e)
{
	char path[PATH_MAX] = "/";

	return walk(image, path, e);
}
