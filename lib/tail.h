/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_TAIL_H
#define ROLLBACK_TAIL_H

#include "block.h"
#include "minisign.h"
#include "release.h"

struct error;

/*
 * A slot begins with the image, as a firmware may read it, and ends with TAIL_SIZE bytes:
 * a head of one block (little-endian: magic "INGOTREL", u32 layout version, u32 size of
 * release.json, u32 size of its signatures), the image's first block while that is
 * withheld (later rollback/scrub.h's sum), release.json, the signatures. Nothing here is trusted before its signatures
 * were checked.
 */
#define TAIL_SIZE    131072
#define TAIL_VERSION 1
#define TAIL_TEXT    (TAIL_SIZE - 2 * BLOCK_ALIGN) /* bytes for both texts */

struct tail {
	size_t release_size, signatures_size;
	_Alignas(BLOCK_ALIGN) uint8_t first[BLOCK_ALIGN]; /* the image's first block */
	_Alignas(BLOCK_ALIGN) char text[TAIL_TEXT]; /* release.json, signatures */
};

/* How many bytes of an image the slot holds. */
uint64_t tail_room(const struct block *slot);

/* Reads it from the medium; 0, -ENODATA if none is there, or -errno. */
int tail_read(struct block *slot, struct tail *tail);

/* Writes head and texts; the first block's place becomes zeros. Not flushed. 0 or
 * -errno. */
int tail_write(struct block *slot, const struct tail *tail);

/* Writes the first block. Not flushed. 0 or -errno. */
int tail_write_first(struct block *slot, const struct tail *tail);

const char *tail_signatures(const struct tail *tail);

#endif
