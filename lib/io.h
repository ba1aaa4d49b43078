/* SPDX-License-Identifier: ISC */
#ifndef LIB_IO_H
#define LIB_IO_H

#include <stddef.h>
#include <sys/types.h>

struct error;

/* Reads exactly size bytes; 0, -errno, or -ENODATA at an early end of file. Retries
 * EINTR. */
int io_read_full(int fd, void *data, size_t size);

/* Writes exactly size bytes; 0 or -errno. Retries EINTR and short writes. */
int io_write_full(int fd, const void *data, size_t size);

/*
 * Reads a whole regular file of at most max bytes into *data, which the caller frees; a
 * NUL byte stands after the end. path is relative to dirfd (AT_FDCWD as openat(2) has
 * it). Returns 0, -EFBIG above max, -EISDIR, or -errno; e names the file.
 */
int io_read_file(int dirfd, const char *path, size_t max, char **data, size_t *size,
	struct error *e);

/*
 * Replaces a file so that after a power cut either the old or the new bytes are there:
 * temporary file beside it, fsync, rename(2), fsync of the folder. 0 or -errno.
 */
int io_replace_file(int dirfd, const char *path, const void *data, size_t size,
	mode_t mode, struct error *e);

#endif
