/* SPDX-License-Identifier: ISC */
#ifndef PID1_CRASH_H
#define PID1_CRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct config;

/*
 * Crash reports: what is known of a service that ended badly, kept in the board's store
 * (crash_store.h) across reboots. A child writes them, one at a time, so that a disk that
 * does not answer holds up nothing; reports wait for it in memory, and those that find no
 * place there are lost and said to be.
 */

/* Has the kernel hand cores to this program (core.h) if the board keeps crash reports and
 * a service wants cores. */
void crash_init(const struct config *config);

/* The slot's main process ended badly; cause is for people: "signal 11 (SIGSEGV)". What it
 * said last must be in the journal. */
void crash_report(size_t slot, pid_t pid, const char *cause);

/* The last boot ended badly; cause is for people. The report is of this boot, the first
 * that can write one. */
void crash_last_boot(const char *cause);

/* Moves what the kernel said at the end of earlier boots (dump.h) from pstore into the
 * store; without a store it is only removed, so that it is not told for ever. */
void crash_dumps(void);

/* True if this child was the writer: its exit status is what is left to say. */
bool crash_reaped(pid_t pid, bool killed, int value);

#endif
