/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_ROOTS_H
#define ROLLBACK_ROOTS_H

#include "device.h"
#include "lib/index.h"
#include "lib/root.h"

/*
 * Whose signatures count today: the root in the image's settings, and the chain of roots
 * that followed it, each signed by the one before. The chain is kept behind the state,
 * and is verified from the image's root on each time it is read, so that what stands
 * there can add nothing of its own, and an image with a newer root is never below it.
 *
 * Four units behind the state's copies: a record in two copies (index version, clock,
 * which half holds the chain, its size and BLAKE2b-256), and two halves. A new chain is
 * written into the other half before the record names it.
 */
#define ROOTS_MOST  16 /* roots after the image's */
#define ROOTS_ROOM  65536 /* bytes of a chain at most, or a unit, if that is less */
#define ROOTS_UNITS 4

struct roots {
	struct block window; /* of the state's device; the first member */
	struct block *under;
	uint64_t at, unit; /* bytes */
	bool room; /* the device has these units */
	struct record record;
	struct root root; /* the newest */
	uint64_t image_version; /* of the image's root */
	struct trust
		trust[ROOTS_MOST + 1]; /* who signs releases, by each: image's first */
	size_t count; /* of trust */
	uint64_t index_version; /* the newest seen; 0: none under these keys */
	int64_t clock; /* latest signed time of index or root seen, seconds */
	unsigned half; /* that holds the chain */
	size_t size; /* of the chain, bytes */
	_Alignas(BLOCK_ALIGN) char chain[ROOTS_ROOM];
};

/*
 * Reads the chain; image is the root of the settings. What cannot be read or does not
 * follow is left out: the server has it still. 0, or -EPROTO for another layout.
 */
int roots_open(struct roots *roots, struct block *state, uint64_t at, uint64_t unit,
	const struct root *image, struct error *e);

/* Takes the next roots, envelopes one behind the other; durable when it returns, and
 * *taken says how many. 0 or -errno as device.h has it, with e. */
int roots_add(struct roots *roots, const char *file, const char *data, size_t size,
	unsigned *taken, struct error *e);

/*
 * Checks an envelope with an index, the size of it all: signed by the role "index", for
 * this board, no older one than was seen, not expired at the latest signed time, of which
 * `clock` is another one. Remembers it. 0 or -errno as device.h has it, with e.
 */
int roots_index(struct roots *roots, const char *file, const char *data, size_t size,
	int64_t clock, struct index *index, struct error *e);

#endif
