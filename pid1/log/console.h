/* SPDX-License-Identifier: ISC */
#ifndef PID1_CONSOLE_H
#define PID1_CONSOLE_H

#include <stddef.h>

/*
 * The console, which may be missing, slow or stopped for good: lines wait in a queue of a
 * fixed size, and what does not fit there is counted and lost. Nothing here waits but
 * console_flush().
 */

/* Opens /dev/console; without it descriptor 2 serves. */
void console_open(void);

/* To be watched for edges of EPOLLOUT; -1: there is no console. */
int console_fd(void);

/* Adds text that ends with a newline; as a whole or not at all. */
void console_put(const char *text, size_t size);

/* Writes what the console takes now; for its edge. */
void console_ready(void);

/* Writes the queue for at most ms milliseconds: before the machine ends. */
void console_flush(int ms);

/* Past the queue, for a signal handler: waits at most 100 ms. */
void console_raw(const char *text, size_t size);

#endif
