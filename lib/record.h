/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_RECORD_H
#define ROLLBACK_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "block.h"

struct error;

/*
 * A record that is replaced as a whole or not at all: copies of it, each at the start of
 * a unit of its own (the medium's erase block), so that a torn or lost write harms one of
 * them only. Only the oldest or a broken copy is ever written over, and once the others
 * are durable, whoever wrote them. A copy is RECORD_SIZE bytes, little-endian: magic
 * "INGOTSLT", u32 layout version, u32 payload size, u64 sequence, payload, zeros, and in
 * the last 8 bytes the XXH64 of the rest with seed 0.
 */
#define RECORD_SIZE    4096
#define RECORD_PAYLOAD (RECORD_SIZE - 24 - 8) /* bytes at most */
#define RECORD_COPIES  8 /* at most; at least 2 */

struct record {
	struct block *block;
	uint64_t unit; /* bytes from copy to copy, a multiple of BLOCK_ALIGN */
	unsigned copies;
	uint32_t version; /* of the payload's layout */
	bool valid[RECORD_COPIES];
	uint64_t sequence[RECORD_COPIES]; /* of valid ones */
	unsigned newest; /* index; only if found */
	bool found;
	bool unread; /* a copy could not be read; it may be whole */
	size_t size;
	_Alignas(BLOCK_ALIGN) uint8_t bytes[RECORD_SIZE]; /* the newest copy, then work */
};

/*
 * Reads the copies. 0; -ENODATA if none is whole (found is then false, and a put makes
 * the first); -EPROTO if the newest one has another layout version: it is not to be
 * written over; -EINVAL for units that do not fit. A copy that cannot be read is a broken
 * one.
 */
int record_open(struct record *record, struct block *block, uint64_t unit,
	unsigned copies, uint32_t version, struct error *e);

/* The newest payload, record->size bytes, valid until the next put. */
const uint8_t *record_payload(const struct record *record);

/*
 * Makes it durable and reads it back; 0 or -errno with e. After a failure the medium has
 * the payload before or this one, and the record must be opened again.
 */
int record_put(struct record *record, const void *payload, size_t size, struct error *e);

#endif
