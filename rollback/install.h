/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_INSTALL_H
#define ROLLBACK_INSTALL_H

#include "device.h"
#include "source.h"

struct install {
	struct device *device;
	struct source *source;
	bool first; /* --first: where there is no state, and no slot has a release */
	bool older; /* --older */
	const uint8_t *image; /* --image: the SHA-256 that alone is taken, or NULL */
	/* Bytes of the image that the source leaves out, with all that comes before them
	 * in an update file: a stream that goes on where the last one was cut. 0: it does
	 * not. */
	uint64_t at;
	struct release release; /* of what is being installed */
	uint8_t slot; /* where to */
	uint64_t done; /* bytes of the image in the slot */
	bool there; /* the slot held it before */
};

/*
 * Writes an update into the slot that does not run, STAGED at the end. Cut anywhere, it
 * goes on from the last whole chunk when it is called again. 0 or -errno as device.h has
 * it, with e.
 */
int install_run(struct install *install, struct error *e);

/* How many bytes of the image a cut install left in the slot; 0 if there is none. */
uint64_t install_resume_at(struct device *device, uint8_t *slot);

#endif
