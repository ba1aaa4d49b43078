/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_PLAN_H
#define UPDATER_PLAN_H

#include <stdbool.h>
#include <stdint.h>

/* When the updater does what. Pure. */

#define PLAN_DAY 1440 /* minutes */

/* Minutes of the day, UTC; from == to: the whole day. It may go over midnight. */
struct window {
	unsigned from, to;
};

/* "02:00-04:30"; false for anything else. */
bool plan_window(const char *text, struct window *window);

/* Milliseconds until the window is open at a minute of the day; 0: it is. */
uint64_t plan_wait(const struct window *window, unsigned minute);

/* Three quarters to five quarters of the time, by any 32 bits, so that a fleet that
 * started together does not ask together. */
uint64_t plan_jitter(uint64_t ms, uint32_t random);

/* How long to wait after so many failures in a row: 10 s that double, at most the
 * interval. */
uint64_t plan_backoff(uint64_t interval_ms, unsigned failures);

/*
 * Without a clock to trust, time has gone on by at least what passed since an index was
 * first seen: true if it has expired by that, that is, somebody keeps the newer one back.
 */
bool plan_is_frozen(int64_t issued, int64_t expires, uint64_t seen_for_ms);

#endif
