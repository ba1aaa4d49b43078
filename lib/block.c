/* SPDX-License-Identifier: ISC */
#include "block.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

static int
read_at(int fd, uint64_t at, void *data, size_t size)
{
	char *to = data;

	while (size > 0) {
		ssize_t n = pread(fd, to, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO; /* it became shorter */
		to += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

static int
file_read(struct block *block, uint64_t at, void *data, size_t size)
{
	return read_at(((struct block_file *)block)->fd, at, data, size);
}

static int
file_read_back(struct block *block, uint64_t at, void *data, size_t size)
{
	struct block_file *file = (struct block_file *)block;
	int r;

	if (file->direct >= 0)
		return read_at(file->direct, at, data, size);
	/* A file system without O_DIRECT: have its clean pages dropped. */
	r = posix_fadvise(file->fd, (off_t)at, (off_t)size, POSIX_FADV_DONTNEED);
	return r != 0 ? -r : read_at(file->fd, at, data, size);
}

static int
file_write(struct block *block, uint64_t at, const void *data, size_t size)
{
	int fd = ((struct block_file *)block)->fd;
	const char *from = data;

	while (size > 0) {
		ssize_t n = pwrite(fd, from, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		/* A device that became read-only says EPERM, one that is open so EBADF. */
		if (n < 0)
			return errno == EPERM || errno == EBADF ? -EROFS : -errno;
		from += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

static int
file_flush(struct block *block)
{
	return fsync(((struct block_file *)block)->fd) < 0 ? -errno : 0;
}

static int
find_size(int fd, uint64_t *size)
{
	struct stat st;
	off_t end;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return -ENOTBLK;
	end = lseek(fd, 0, SEEK_END);
	if (end < 0)
		return -errno;
	*size = (uint64_t)end;
	return 0;
}

int
block_file_open(struct block_file *file, const char *path, bool writable, struct error *e)
{
	/* O_EXCL without O_CREAT: EBUSY if the device is mounted (open(2)). */
	int flags = writable ? O_RDWR | O_EXCL : O_RDONLY, r;

	*file = (struct block_file){
		.block = {.name = path,
			.parallel = true,
			.read = file_read,
			.read_back = file_read_back,
			.write = file_write,
			.flush = file_flush},
		.fd = -1,
		.direct = -1,
	};
	file->fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (file->fd < 0)
		return error_set(e, errno, "%s: cannot open: %s", path, strerror(errno));
	r = find_size(file->fd, &file->block.size);
	if (r < 0) {
		block_file_close(file);
		return error_set(e, -r, "%s: is no block device and no file: %s", path,
			strerror(-r));
	}
	file->block.size -= file->block.size % BLOCK_ALIGN;
	if (writable && flock(file->fd, LOCK_EX | LOCK_NB) < 0) {
		r = errno == EWOULDBLOCK ? EBUSY : errno;
		block_file_close(file);
		return error_set(
			e, r, "%s: cannot lock, is it in use?: %s", path, strerror(r));
	}
	file->direct = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC | O_NOCTTY);
	return 0;
}

void
block_file_close(struct block_file *file)
{
	if (file->direct >= 0)
		close(file->direct);
	if (file->fd >= 0)
		close(file->fd);
	file->direct = file->fd = -1;
}
