/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_BLOCK_H
#define ROLLBACK_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/*
 * A block device, or a file in its place, or what tests put there to cut the power. What
 * was written is durable after flush() only; until then any part of it may be lost, in
 * any order, each BLOCK_SECTOR bytes for themselves.
 */
#define BLOCK_SECTOR 512 /* bytes that are written as a whole or not at all */
#define BLOCK_ALIGN  4096 /* of every place, size and buffer below */

struct block {
	const char *name; /* for messages */
	uint64_t size; /* bytes, a multiple of BLOCK_ALIGN */
	bool parallel; /* several threads may read at once */
	/* Each returns 0 or -errno. */
	int (*read)(struct block *block, uint64_t at, void *data, size_t size);
	/* As read(), but what the medium holds: no cache of the kernel answers. */
	int (*read_back)(struct block *block, uint64_t at, void *data, size_t size);
	int (*write)(struct block *block, uint64_t at, const void *data, size_t size);
	int (*flush)(struct block *block);
};

struct block_file {
	struct block block; /* the first member */
	int fd, direct; /* direct: opened with O_DIRECT, -1 where that is not to be had */
};

/*
 * Opens a block device or a regular file. writable: also takes the lock that keeps a
 * second writer out, and refuses a device that is mounted. 0, -EBUSY, or -errno with e.
 */
int block_file_open(
	struct block_file *file, const char *path, bool writable, struct error *e);

void block_file_close(struct block_file *file);

#endif
