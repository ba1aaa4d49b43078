/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_WRITE_H
#define ROLLBACK_WRITE_H

#include <stdint.h>

#include "lib/tail.h"

struct release;
struct source;

#define WRITE_PIECE   65536 /* bytes; a chunk is a multiple of it, but the last */
#define WRITE_STRETCH (4u << 20) /* bytes between two flushes, whole chunks */

/*
 * An image on its way into a slot: in pieces, its first block withheld in the tail, each
 * stretch of them made durable, read back around the caches and only there compared with
 * what was signed. Sums by XXH3 of what was written tell a bad medium from a bad image.
 */
struct writer {
	struct block *block;
	struct tail *tail;
	struct source *source;
	const struct release *release;
	uint64_t from, to; /* written and not yet read back */
	uint64_t sum[WRITE_STRETCH / WRITE_PIECE]; /* of the pieces in between */
	uint64_t fetch_ns, settle_ns; /* spent in the source, and in settling */
};

/* Takes away what the slot could boot, writes the release; durable. 0 or -errno. */
int write_begin(struct writer *writer, struct error *e);

/*
 * Pulls and writes one chunk. Where that ends a stretch, settles it: -EBADMSG if a chunk
 * is not what was signed, -EIO if the medium does not have what was written.
 */
int write_chunk(struct writer *writer, uint32_t i, struct error *e);

/* Everything written is durable, was read back, and is what was signed; or as above. */
int write_settle(struct writer *writer, struct error *e);

/* The first block goes to its place: from now on the slot can boot. Durable, read back. */
int write_first(struct block *block, const struct tail *tail, struct error *e);

#endif
