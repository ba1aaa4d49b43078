/* SPDX-License-Identifier: ISC */
#ifndef PID1_SUPERVISE_H
#define PID1_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct reap_end;

/*
 * The services as they are: each one's machine (service.h), process, cgroup, timer.
 * Decisions are carried out here; what happens comes in from loop.c.
 */

/* Once; config must stay. watch() is told of each descriptor to be polled with its slot's
 * index. */
void supervise_init(const struct config *config, bool cgroups,
	void (*watch_report)(int fd, size_t index),
	void (*watch_group)(int fd, size_t index));

/* Starts what may start, stops what may stop, fires the timers that are due. */
void supervise_advance(uint64_t now_ms);

/* When supervise_advance() has something to do next; UINT64_MAX: when an event comes. */
uint64_t supervise_deadline(void);

/* A process ended; called before it is reaped. */
void supervise_ended(const struct reap_end *end);

/* A descriptor that was watched has something. */
void supervise_report(size_t index);
void supervise_group(size_t index);

/* From now on everything is being stopped, in reverse order. */
void supervise_stop(void);

/* True once it all has stopped. */
bool supervise_stopped(void);

#endif
