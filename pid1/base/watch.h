/* SPDX-License-Identifier: ISC */
#ifndef PID1_WATCH_H
#define PID1_WATCH_H

#include <stdint.h>
#include <sys/epoll.h>

/* What the loop waits for: one instance of epoll(7). */

/* Once, before the others; 0 or -errno. */
int watch_open(void);

/* From now on watch_wait() tells of these events with the tag; 0 or -errno. */
int watch_add(int fd, uint32_t events, uint64_t tag);
int watch_change(int fd, uint32_t events, uint64_t tag);

/*
 * Closes a descriptor that was added. To close it alone is not enough: epoll tells of an
 * open file, and a child that is held by a dead disk may have a copy of it for ever.
 */
void watch_close(int fd);

/* The same of one that another process may have put something into; discard.h. */
void watch_discard(int fd);

/* The number of events after at most ms (-1: no limit) or -errno. */
int watch_wait(struct epoll_event *events, int most, int ms);

#endif
