/* SPDX-License-Identifier: ISC */
#ifndef PID1_COLLECTOR_H
#define PID1_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_log;

/* The way to the board's collector of syslog messages; telemetry's own, it may wait. */
struct collector {
	const struct config_log *log;
	int fd; /* -1: none */
	unsigned failures; /* in a row */
	int error; /* the last failure's, said once; 0: none */
	bool tried;
};

void collector_init(struct collector *collector, const struct config_log *log);

/* One attempt, after a pause that grows from a half to 30 seconds while the collector
 * refuses; 0 or -errno. Says on standard error when it comes and goes. */
int collector_connect(struct collector *collector);

/* One message, whole; 0, or -errno and the connection is closed. */
int collector_send(struct collector *collector, const char *data, size_t size);

/* 0 once the other side has all that was sent (UDP: nothing came back so far); -errno and
 * the connection is closed: what was sent since the last time may be lost. */
int collector_settle(struct collector *collector);

#endif
