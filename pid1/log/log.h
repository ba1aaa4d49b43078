/* SPDX-License-Identifier: ISC */
#ifndef PID1_LOG_H
#define PID1_LOG_H

/*
 * A line goes to the console with its time, as printk(9) has it ("[    0.397123] pid1:
 * ..."), to the journal, and to the kernel's log at a level that does not reach the
 * console a second time. None of them can hold pid1: a blocked console loses lines.
 */

/* Opens the console and the kernel's log, once /dev is mounted. What was said before went
 * to descriptor 2. */
void log_open(void);

/* One line, cut at 512 bytes. */
void log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Text past the queue and the journal, for a signal handler and the last words. */
void log_raw(const char *text);

#endif
