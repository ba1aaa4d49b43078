/* SPDX-License-Identifier: ISC */
#ifndef PID1_GUARD_H
#define PID1_GUARD_H

#include <stdint.h>

struct config;

/* What the loop does for the watchdog and for the reason of the machine's end. */

/* First of all, once the config is read; again when modules brought drivers. */
void guard_begin(const struct config *config);

/* Each turn: feeds, if health says so; and once the file system with the reason's store is
 * there or is given up, finds out how the last boot ended, and whether this one may go on
 * without a watchdog. */
void guard_advance(uint64_t now_ms);

#endif
