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

/*
 * Why the machine must restart for a mount that the board requires; NULL: it need not, or
 * what ended the last boot is not known yet. Restarts that do not mend it are not for
 * ever: after GUARD_ATTEMPTS in a row, or where nobody counts them, it goes on without.
 */
#define GUARD_ATTEMPTS 3
const char *guard_fault(void);

#endif
