/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_LAUNCH_H
#define ROLLBACK_LAUNCH_H

#include "device.h"

struct launch {
	struct device *device;
	bool evidence; /* that the last attempt failed: a watchdog, a panic */
	/* Hands over an image: load_picked(), or what a test puts there. */
	int (*load)(struct device *device, uint8_t slot, bool trial, struct error *e);
	/* Told, one line each, what was found and done; or NULL. */
	void (*say)(const char *line);
};

/*
 * What a launcher does at each start: an attempt without a verdict is judged, a slot
 * picked, its image verified and handed over, and if it is a trial, the attempt is on
 * record; then the caller jumps. A slot that cannot be loaded is passed over for the next.
 * 0 with *slot, or -EBADMSG if none can be started.
 */
int launch_run(struct launch *launch, uint8_t *slot, struct error *e);

#endif
