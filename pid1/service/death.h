/* SPDX-License-Identifier: ISC */
#ifndef PID1_DEATH_H
#define PID1_DEATH_H

#include "slot.h"

struct reap_end;

/* What the end of a main process means. */

/* Says it, and has a crash report made of what was no clean end. */
void death_say(
	const struct supervisor *s, const struct slot *slot, const struct reap_end *end);

/* For the slot's machine: a signal that asks to end is a clean end, but for what had work
 * to do. */
enum service_event death_event(const struct slot *slot, const struct reap_end *end);

#endif
