/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_PROCEED_H
#define ROLLBACK_PROCEED_H

#include "lib/slot.h"

/* What a trial needs next, where nobody attends the device. */
enum proceed {
	PROCEED_NOTHING, /* or a verdict first, which confirm or judge gives */
	PROCEED_ARM, /* the image was installed and never tried */
	PROCEED_KEXEC, /* an attempt by kexec is due */
	PROCEED_REBOOT, /* one by a cold start is */
};

/*
 * Pure. running as device_running() has it: an image that is not confirmed begins nothing,
 * but the cold start that its own health by kexec led to. waits: the attempt on record
 * comes with the next start (device.h). *slot: the one that is tried.
 */
enum proceed proceed_next(
	const struct slots *slots, uint8_t running, bool waits, uint8_t *slot);

#endif
