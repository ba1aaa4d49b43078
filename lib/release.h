/* SPDX-License-Identifier: ISC */
#ifndef LIB_RELEASE_H
#define LIB_RELEASE_H

#include <stddef.h>
#include <stdint.h>

#include "files.h"

struct error;

/*
 * release.json: what a device may install, made when an image is signed. One JSON object:
 *
 *   release     1, the format's version
 *   board       its name
 *   version, floor    whole numbers; floor <= version
 *   content_id  64 hex digits: the image's `files` record
 *   issued, expires   seconds since 1970; issued < expires
 *   image       {size, sha256, chunk_size, chunks}: what goes into a slot; chunks are
 *               the BLAKE2b-256 of each chunk_size bytes, the last one shorter, as hex; a
 *               device checks these. {..., kernel: {offset, size}} if it is a file system,
 *               of which a kernel's file is these bytes
 *
 * Read strictly: no key is missing, unknown or there twice.
 */
#define RELEASE_FORMAT	    1
#define RELEASE_TEXT	    98304 /* bytes at most */
#define RELEASE_CHUNKS	    1024 /* at most */
#define RELEASE_CHUNK_LEAST (64u << 10) /* bytes; a chunk is a power of two */
#define RELEASE_CHUNK_MOST  (1u << 20)
#define RELEASE_IMAGE_MOST  (UINT64_C(1) << 30) /* bytes */
#define RELEASE_HASH	    32 /* bytes of SHA-256 and of BLAKE2b-256 */
#define RELEASE_KERNEL	    4096 /* a kernel's offset is a multiple of it */

struct release {
	char board[FILES_BOARD_SIZE];
	uint64_t version, floor;
	uint8_t content[RELEASE_HASH];
	int64_t issued, expires; /* seconds */
	uint64_t size; /* of the image, bytes */
	uint8_t hash[RELEASE_HASH]; /* SHA-256 of the image */
	/* Where the kernel is in it, bytes; 0 and 0: it is a kernel itself. */
	uint64_t kernel_offset, kernel_size;
	uint32_t chunk_size, chunks;
	uint8_t chunk[RELEASE_CHUNKS][RELEASE_HASH];
};

/* 0, -EINVAL with e ("file: key: why"), -EPROTO for another format, -ENOMEM. */
int release_parse(struct release *release, const char *file, const char *text,
	size_t size, struct error *e);

/* The text; *text is the caller's to free. 0 or -ENOMEM. */
int release_format(const struct release *release, char **text, struct error *e);

/* The chunk size that we give an image of that size: the least that does. */
uint32_t release_chunk_size(uint64_t size);

/* How many bytes the i-th chunk has. */
uint32_t release_chunk_bytes(const struct release *release, uint32_t i);

/* The hash of a chunk. */
void release_chunk_hash(const void *data, size_t size, uint8_t hash[RELEASE_HASH]);

#endif
