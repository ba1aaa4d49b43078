/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_OFFER_H
#define ROLLBACK_OFFER_H

#include "lib/index.h"
#include "lib/slot.h"

enum offer {
	OFFER_NOTHING, /* nothing newer, or nothing can be taken now */
	OFFER_INSTALL, /* it is to be fetched and installed */
	OFFER_THERE, /* the newest is in the slot that does not run, to be tried */
};

/*
 * What a device would take of an index that was checked: the newest release that is newer
 * than the default, not expired at `clock`, not below the floor and not known to be bad,
 * so that no byte of a bad one is fetched again. *release is it, else NULL; *why says it
 * to people. Pure.
 */
enum offer offer_pick(const struct index *index, const struct slots *slots,
	uint8_t running, int64_t clock, const struct index_release **release,
	const char **why);

#endif
