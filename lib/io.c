/* SPDX-License-Identifier: ISC */
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

int
io_read_full(int fd, void *data, size_t size)
{
	char *at = data;

	while (size > 0) {
		ssize_t n = read(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

int
io_write_full(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Opens what must be a regular file; O_NONBLOCK, so that a FIFO cannot hold us. */
static int
open_regular(int dirfd, const char *path, off_t *size, struct error *e)
{
	struct stat st;
	int fd, r;

	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return error_set(e, errno, "%s: cannot open: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0) {
		r = error_set(e, errno, "%s: cannot stat: %s", path, strerror(errno));
		close(fd);
		return r;
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		if (S_ISDIR(st.st_mode))
			return error_set(
				e, EISDIR, "%s: is a directory, want a file", path);
		return error_set(e, EINVAL, "%s: is not a regular file", path);
	}
	*size = st.st_size;
	return fd;
}

/* Reads up to the end of file, which may have moved since fstat(2), or as /proc has it,
 * lies at 0. */
static int
read_to_end(int fd, size_t guess, size_t max, char **data, size_t *size)
{
	size_t room = guess + 1, at = 0;
	char *buffer = malloc(room + 1);
	int r;

	if (!buffer)
		return -ENOMEM;
	for (;;) {
		ssize_t n;

		if (at == room) {
			char *grown = realloc(buffer, room * 2 + 1);

			r = -ENOMEM;
			if (!grown)
				goto fail;
			buffer = grown;
			room *= 2;
		}
		n = read(fd, buffer + at, room - at);
		if (n < 0 && errno == EINTR)
			continue;
		r = -errno;
		if (n < 0)
			goto fail;
		if (n == 0)
			break;
		at += (size_t)n;
		r = -EFBIG;
		if (at > max)
			goto fail;
	}
	buffer[at] = '\0';
	*data = buffer;
	*size = at;
	return 0;
fail:
	free(buffer);
	return r;
}

int
io_read_file(int dirfd, const char *path, size_t max, char **data, size_t *size,
	struct error *e)
{
	off_t length = 0;
	int fd, r = -EFBIG;

	*data = NULL;
	*size = 0;
	fd = open_regular(dirfd, path, &length, e);
	if (fd < 0)
		return fd;
	if ((uintmax_t)length <= max)
		r = read_to_end(fd, (size_t)length, max, data, size);
	close(fd);
	if (r == -EFBIG)
		return error_set(e, EFBIG, "%s: larger than %zu bytes", path, max);
	if (r < 0)
		return error_set(e, -r, "%s: cannot read: %s", path, strerror(-r));
	return 0;
}

/* Opens the folder of path, and points *name at the part after it. */
static int
open_folder(int dirfd, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	size_t length;
	int fd;

	*name = slash ? slash + 1 : path;
	length = slash ? (size_t)(slash - path) : 0;
	if (length >= sizeof(folder))
		return -ENAMETOOLONG;
	memcpy(folder, path, length);
	folder[length] = '\0';
	fd = openat(dirfd, length ? folder : (slash ? "/" : "."),
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int
write_and_rename(int folder, const char *name, const char *temporary, const void *data,
	size_t size, mode_t mode)
{
	int fd, r;

	fd = openat(folder, temporary,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = io_write_full(fd, data, size);
	/* fchmod(2), because the umask does not touch what was asked for */
	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && renameat(folder, temporary, folder, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(folder, temporary, 0);
		return r;
	}
	return fsync(folder) < 0 ? -errno : 0;
}

int
io_replace_file(int dirfd, const char *path, const void *data, size_t size, mode_t mode,
	struct error *e)
{
	char temporary[NAME_MAX + 1];
	const char *name;
	int folder, r, length;

	folder = open_folder(dirfd, path, &name);
	if (folder < 0)
		return error_set(e, -folder, "%s: cannot open its folder: %s", path,
			strerror(-folder));
	/* A process id cannot be shared by two live writers; one left by a crash is taken
	 * over. */
	length = snprintf(
		temporary, sizeof(temporary), ".%.200s.%ld.tmp", name, (long)getpid());
	r = length < 0 ? -EINVAL : 0;
	if (r == 0) {
		unlinkat(folder, temporary, 0);
		r = write_and_rename(folder, name, temporary, data, size, mode);
	}
	close(folder);
	if (r < 0)
		return error_set(e, -r, "%s: cannot write: %s", path, strerror(-r));
	return 0;
}
