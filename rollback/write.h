/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_WRITE_H
#define ROLLBACK_WRITE_H

#include <stdint.h>

#include "lib/tail.h"

struct source;

/*
 * An image on its way into a slot: in pieces, its first block withheld in the tail, each
 * stretch of them made durable and read back around the caches, compared by XXH3.
 */
struct writer {
	struct block *block;
	struct tail *tail;
	uint64_t from, to; /* written and not yet read back */
	uint64_t hash; /* of the pieces in between, folded */
	uint64_t fetch_ns, settle_ns; /* spent in the source, and in settling */
};

/* Takes away what the slot could boot, writes the release; durable. 0 or -errno. */
int write_begin(struct writer *writer, struct error *e);

/* Pulls and writes one chunk; -EBADMSG if it is not what was signed. */
int write_chunk(struct writer *writer, struct source *source,
	const struct release *release, uint32_t i, struct error *e);

/* Everything written is durable and was read back. */
int write_settle(struct writer *writer, struct error *e);

/* The first block goes to its place: from now on the slot can boot. Durable, read back. */
int write_first(struct block *block, const struct tail *tail, struct error *e);

#endif
