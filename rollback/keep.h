/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_KEEP_H
#define ROLLBACK_KEEP_H

#include "device.h"

/* What runs did its trial time in good health. */
enum confirm_result {
	CONFIRM_GOOD, /* it is the default now */
	CONFIRM_BEFORE, /* it was confirmed before */
	CONFIRM_COLD, /* by kexec; a cold trial of it comes next */
};

/*
 * Also begins a state where there is none, and writes broken copies of it anew: nobody
 * may be there to repair it. 0 with *result, or -errno with e: -EBUSY if no trial runs,
 * -EBADMSG if the slot does not hold what runs.
 */
int confirm_run(struct device *device, enum confirm_result *result, struct error *e);

struct repair {
	struct device *device;
	/* Told, one line each, what was found and done; or NULL. */
	void (*say)(const struct repair *repair, const char *line);
	unsigned done; /* things mended */
	unsigned left; /* things that stay damaged */
};

/*
 * Writes broken copies of the state anew; makes a state where there is none, of what
 * runs and is signed and whole; empties slots whose bytes are not what was signed, if
 * another one is confirmed. 0 or -errno with e.
 */
int repair_run(struct repair *repair, struct error *e);

#endif
