/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_LAUNCHER_H
#define ROLLBACK_LAUNCHER_H

#include "device.h"
#include "source.h"

/*
 * The launcher itself, where the firmware looks for one in two places, the first that it
 * can read: two partitions laid out as slots are (lib/tail.h). One copy is written at a
 * time, and only while the other one is whole, so that a cut at any instant leaves one that
 * starts: the old launcher until the first copy is done, the new one from then on or from
 * the second. No state is kept of it: each copy's release says what it is.
 *
 * `copies` has them as its slots, and the trust of the launcher's board.
 */
#define LAUNCHER_COPIES SLOT_COUNT

struct launcher_install {
	struct device *copies;
	struct source *source;
	int64_t clock; /* the latest signed time that is known, seconds */
	bool older; /* --older: down to the security floor of what is there */
	struct release release; /* of what is being installed */
	bool there; /* both copies held it before */
};

/* Writes a launcher into both copies, one after the other. 0 or -errno as device.h has it,
 * with e; after an error the copies are made equal again where that can be done. */
int launcher_install(struct launcher_install *install, struct error *e);

/* Makes a copy that is not whole equal to the other one: 1 if it did, 0 if there was
 * nothing to do, -EBADMSG if neither is whole, or -errno; with e. */
int launcher_heal(struct device *copies, struct error *e);

#endif
