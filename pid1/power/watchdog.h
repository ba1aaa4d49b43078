/* SPDX-License-Identifier: ISC */
#ifndef PID1_WATCHDOG_H
#define PID1_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct config_watchdog;

/* A board that requires it restarts so often in a row for want of it. */
#define WATCHDOG_ATTEMPTS 3

/*
 * The hardware watchdog: it restarts the machine when it was not fed for its timeout. It
 * is fed from the event loop and nowhere else (but where pid1 itself waits with a
 * deadline), so that a loop that stands still ends in a restart. Never closed, never
 * stopped.
 */

/* Opens it and sets its timeout; what cannot be had is logged once and tried again by
 * watchdog_advance(). The config must stay. */
void watchdog_open(const struct config_watchdog *config);

/* What is wrong with it, NULL if nothing is or the board has none. */
const char *watchdog_fault(void);

/* True if the hardware says that it caused the last restart. */
bool watchdog_fired(void);

/* Feeds it when that is due. May be called in a signal handler. */
void watchdog_feed(uint64_t now_ms);

/* The same from the event loop, while the services are healthy; also tries again to open
 * it. */
void watchdog_advance(uint64_t now_ms, bool healthy);

/* When watchdog_advance() has something to do; UINT64_MAX: never. */
uint64_t watchdog_deadline(void);

/* The last feed before a restart, with the time that a boot may take. */
void watchdog_last(void);

/* "/dev/watchdog0, 60 s", "none" ...: for status. */
const char *watchdog_status(void);

#endif
