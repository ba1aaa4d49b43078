/* SPDX-License-Identifier: ISC */
#ifndef LIB_INDEX_H
#define LIB_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "files.h"
#include "release.h"

struct error;

/*
 * The index of what a board's server has, an envelope signed by the role "index" of its
 * root, so often anew that an old one betrays itself. One JSON object:
 *
 *   index       1, the format's version
 *   board       its name
 *   version     whole number; a device takes no smaller one than it has seen
 *   issued, expires   seconds since 1970; issued < expires
 *   releases    [{version, file, size, image, image_size, issued, expires}], the newest
 *               first: file is the SHA-256 of the update file, which has that name, and
 *               size its bytes; image and image_size are those of the image, which ends
 *               the file; issued and expires those of the release
 *
 * Read strictly: no key is missing, unknown or there twice.
 */
#define INDEX_FORMAT   1
#define INDEX_TEXT     65536 /* bytes at most */
#define INDEX_RELEASES 64 /* at most */

struct index_release {
	uint64_t version;
	uint8_t file[RELEASE_HASH], image[RELEASE_HASH];
	uint64_t size, image_size; /* bytes; size is the larger one */
	int64_t issued, expires; /* seconds */
};

struct index {
	char board[FILES_BOARD_SIZE];
	uint64_t version;
	int64_t issued, expires; /* seconds */
	size_t releases;
	struct index_release release[INDEX_RELEASES]; /* versions never rise */
};

/* 0, -EINVAL with e ("file: key: why"), -EPROTO for another format. */
int index_parse(struct index *index, const char *file, const char *text, size_t size,
	struct error *e);

/* The text; *text is the caller's to free. 0 or -ENOMEM. */
int index_format(const struct index *index, char **text, struct error *e);

#endif
