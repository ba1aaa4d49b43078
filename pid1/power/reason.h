/* SPDX-License-Identifier: ISC */
#ifndef PID1_REASON_H
#define PID1_REASON_H

#include <stdbool.h>
#include <stddef.h>

#include "reason_record.h"

struct config_reason;

/* What is known of the last boot's end, for other programs: an INI file, pid1(8). */
#define REASON_FILE "/run/pid1/last-boot"

/*
 * Why the machine ends, kept for the next boot: in the board's store (a file or a block
 * device) and, if it says so, in pstore's /dev/pmsg0. From reason_open() on there is a
 * record that says "cut", which the real end overwrites. No dead disk holds pid1.
 */

/* Once the store's file system is mounted: finds out how the last boot ended, says so and
 * writes REASON_FILE. A store that is not there is logged and lived with; calling it again tries again. */
void reason_open(const struct config_reason *config);

/* How the last boot ended. */
const struct reason *reason_last(void);

/* "rescue: SIGSEGV in pid1 itself, after 7.123 s, 2 in a row" */
const char *reason_last_text(void);

/* True if the last boot ended by a fault of which pstore has no words of the kernel. */
bool reason_last_is_bad(void);

/* True if pstore had words of the kernel (dump.h): crash_dumps() is to keep them. */
bool reason_has_dumps(void);

/* True if there is nothing more to open. */
bool reason_is_open(void);

/* True if what reason_end() writes has a place. */
bool reason_is_kept(void);

/* Writes how this boot ends; the last call counts. May be called in a signal handler. */
void reason_end(enum reason_kind kind, const char *text);

/* Lets go of the store, so that its file system can be unmounted. */
void reason_close(void);

#endif
