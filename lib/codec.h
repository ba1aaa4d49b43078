/* SPDX-License-Identifier: ISC */
#ifndef LIB_CODEC_H
#define LIB_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_reader;
struct wire_writer;

/*
 * One function per struct both writes and reads it, so that the two cannot drift apart:
 * each call below puts the value to the writer or fills it from the reader. The first
 * failure is remembered; the caller checks once, at the end.
 */
struct codec {
	struct wire_reader *reader; /* one of both is set */
	struct wire_writer *writer;
	bool too_many; /* a count was above its limit: the value is then 0 */
};

void codec_u8(struct codec *c, uint8_t *value);
void codec_u16(struct codec *c, uint16_t *value);
void codec_u32(struct codec *c, uint32_t *value);
void codec_u64(struct codec *c, uint64_t *value);
void codec_i64(struct codec *c, int64_t *value);
/* Read, it points into the reader's bytes; NULL is written as "". */
void codec_string(struct codec *c, const char **text);
/* Bytes with their length before them; read, they point into the reader's bytes. */
void codec_bytes(struct codec *c, const uint8_t **data, uint32_t *size);
/* How many items follow, at most so many. */
void codec_count(struct codec *c, uint16_t *count, size_t most);
/* A NULL-ended list of at most `most` strings, which has room for most + 1. */
void codec_strings(struct codec *c, const char **list, size_t most);

#endif
