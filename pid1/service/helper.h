/* SPDX-License-Identifier: ISC */
#ifndef PID1_HELPER_H
#define PID1_HELPER_H

#include "slot.h"

/* Programs that pid1 runs for itself, each in a slot of its own behind the services'. */

/* Starts it, again if it has ended; over() is told from helper_advance() with its exit
 * status, -1: it was killed, late or never there. 0, -EBUSY or -ENOSPC. */
int helper_start(struct supervisor *s, const struct config_service *config,
	void (*over)(const struct config_service *config, int status));

/* Tells of those that are over. */
void helper_advance(struct supervisor *s);

#endif
