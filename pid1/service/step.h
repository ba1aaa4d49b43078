/* SPDX-License-Identifier: ISC */
#ifndef PID1_STEP_H
#define PID1_STEP_H

#include <stddef.h>

#include "slot.h"

/* Feeds a slot's machine, does what it decides, and says what people should know. */
void step(struct supervisor *s, struct slot *slot, enum service_event event);

/* Appends a slot; slice: the folder of its cgroup. */
struct slot *step_add(
	struct supervisor *s, const struct config_service *config, const char *slice);

#endif
