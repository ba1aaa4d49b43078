/* SPDX-License-Identifier: ISC */
#ifndef LIB_FILES_H
#define LIB_FILES_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sha256.h"

struct error;

/*
 * The `files` record of an image, at FILES_PATH (lib/config.h): what the root file system
 * holds. Its SHA-256 is the content id. Text, one way to write it: board NAME version N
 *   floor N
 *   TYPE MODE UID GID SIZE SHA256 PATH     one line an entry, sorted by path as bytes
 * TYPE is f (file), d (folder), l (symbolic link) or c (character device); MODE four
 * octal digits; SHA256 of a file's bytes or a link's target, "-" for d and c, whose SIZE
 * is 0.
 */
#define FILES_BOARD_SIZE 65

struct files_head {
	char board[FILES_BOARD_SIZE];
	uint64_t version;
	uint64_t floor; /* security floor */
};

struct files_entry {
	char type;
	unsigned mode; /* permission bits */
	uint32_t uid, gid;
	uint64_t size;
	char sha256[SHA256_HEX]; /* "-" for d and c */
	char path[PATH_MAX]; /* absolute */
};

struct files_reader {
	const char *file; /* as messages name it */
	const char *at, *end;
	unsigned line;
	char path[PATH_MAX]; /* the last one */
};

/* Starts to read size bytes of text, which must outlive the reader; 0 or -EINVAL with e.
 */
int files_open(struct files_reader *reader, const char *file, const char *text,
	size_t size, struct files_head *head, struct error *e);

/* 1: *entry is the next one, 0: no more, -EINVAL with e. */
int files_next(struct files_reader *reader, struct files_entry *entry, struct error *e);

/* Writes the first lines; 0, or -EINVAL for what could not be read back, or -EIO. */
int files_write_head(FILE *out, const struct files_head *head, struct error *e);

/* Writes one line; the caller sorts. The same errors. */
int files_write_entry(FILE *out, const struct files_entry *entry, struct error *e);

#endif
