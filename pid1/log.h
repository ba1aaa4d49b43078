/* SPDX-License-Identifier: ISC */
#ifndef PID1_LOG_H
#define PID1_LOG_H

/*
 * "pid1: ..." as a plain line on the console, and in the kernel's log at a level that
 * does not reach the console a second time. Neither can hold pid1: a blocked console
 * loses lines.
 */

/* Opens both; once /dev is mounted. What was said before went to descriptor 2. */
void log_open(void);

/* One line, cut at 512 bytes. */
void log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same without formatting, for a signal handler. */
void log_raw(const char *text);

#endif
