/* SPDX-License-Identifier: ISC */
#ifndef PID1_FEED_H
#define PID1_FEED_H

#include <stddef.h>

struct config;

/*
 * Hands the log to the one service that may read it (config_log.reader) over a socket, as
 * logwire.h says, from the first record of the boot. It never waits: a reader that does
 * not read gets no more, and the rings go on. Critical services' records come first.
 */
enum feed_source { FEED_SOCKET, FEED_READER };

/* Makes the socket if a service may read; watch() is told of descriptors to be polled for
 * input, with an enum feed_source. */
void feed_init(const struct config *config, void (*watch)(int fd, size_t source));

/* A watched descriptor has something. */
void feed_ready(size_t source);

/* Sends what the reader takes; once a turn of the loop. */
void feed_advance(void);

#endif
