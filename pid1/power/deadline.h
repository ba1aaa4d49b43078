/* SPDX-License-Identifier: ISC */
#ifndef PID1_DEADLINE_H
#define PID1_DEADLINE_H

#include <stdint.h>

/*
 * For what a dead disk could hold for ever: runs work(argument) in a child, which ends
 * with it, and waits at most ms for it, feeding the watchdog. 0, -ETIMEDOUT, -EIO (the
 * child was killed) or -errno if no child could be made. May be called in a signal
 * handler, if work() may.
 */
int deadline_run(void (*work)(void *argument), void *argument, uint64_t ms);

#endif
