/* SPDX-License-Identifier: ISC */
#ifndef LIB_READER_H
#define LIB_READER_H

#include <jansson.h>
#include <stdint.h>

#include "files.h"

struct error;

/*
 * Reads signed JSON strictly: no key is missing, unknown or there twice. The first error
 * stays, and what is read after it means nothing. Numbers are whole and none is negative.
 */
#define READER_HASH 32 /* bytes of a hash */

struct reader {
	const char *file; /* for messages */
	struct error *e;
	int error; /* 0 or -errno */
};

/* The root of a text of at most `most` bytes, NULL with an error. json_decref() it. */
json_t *reader_open(struct reader *r, const char *text, size_t size, size_t most);

/* "file: key: why", -EINVAL, if there was no error before. */
void reader_bad(struct reader *r, const char *key, const char *why);

/* Checks that value is an object with exactly the keys of a NULL-ended list. */
void reader_keys(
	struct reader *r, json_t *value, const char *what, const char *const *keys);

/* The format's number stands in key; -EPROTO for another one, and nothing else is read
 * then. */
void reader_format(struct reader *r, const json_t *root, const char *key, int format);

uint64_t reader_number(struct reader *r, const json_t *object, const char *key);

/* 64 hex digits. */
void reader_hash(struct reader *r, const json_t *value, const char *key,
	uint8_t hash[READER_HASH]);

/* The board's name, of the key "board". */
void reader_board(struct reader *r, const json_t *object, char board[FILES_BOARD_SIZE]);

/* "issued" and "expires", which is later; seconds since 1970. */
void reader_times(
	struct reader *r, const json_t *object, int64_t *issued, int64_t *expires);

/* A hash as a JSON string; NULL out of memory. */
json_t *reader_hex(const uint8_t hash[READER_HASH]);

/* The text of a value that it owns, sorted and indented, and a newline; NULL out of
 * memory. The caller frees. */
char *reader_text(json_t *value);

#endif
