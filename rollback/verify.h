/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_VERIFY_H
#define ROLLBACK_VERIFY_H

#include "device.h"
#include "lib/tail.h"

/*
 * Whether a slot holds, on its medium, what its release says, signed by enough keys. 0
 * and *release, -ENODATA without a release, -EPERM for one that is not trusted, -EBADMSG
 * for other bytes, or -errno; with e.
 */
int verify_slot(
	struct device *device, uint8_t slot, struct release *release, struct error *e);

/* The same of the release alone; *tail is what stands at the slot's end. */
int verify_release(struct device *device, uint8_t slot, struct tail *tail,
	struct release *release, struct error *e);

/*
 * Hashes all chunks of the image that a block device begins with, in as many threads as
 * there are processors, where it can be read in parallel. 0, or the error of *broken, a
 * chunk that is not what was signed (-EBADMSG) or cannot be read.
 */
int verify_chunks(struct block *block, const struct release *release, uint32_t *broken);

/*
 * Hashes the chunks from i up to end of a slot as they are on the medium, in this thread.
 * first: the image's first block, or NULL to read that from its place, too. 0, or the
 * error of *broken, the first that is not what was signed (-EBADMSG) or cannot be read;
 * end without one.
 */
int verify_span(struct block *slot, const struct release *release, uint32_t i,
	uint32_t end, const uint8_t *first, uint32_t *broken);

#endif
