/* SPDX-License-Identifier: ISC */
#ifndef PID1_NOTIFY_SOCKET_H
#define PID1_NOTIFY_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Makes the folder of the sockets, once. */
void notify_setup(void);

/* The socket of a service, at CONFIG_NOTIFY_DIR/NAME, non-blocking: a descriptor or
 * -errno. */
int notify_open(const char *name);

/*
 * One datagram: its size, or -EAGAIN when there is none, -EPROTO when it was too long or
 * nobody can be held to it, another -errno. Sent by a process in the cgroup `group` (one
 * that is alive or not yet reaped): *own is true. Without cgroups: by `pid`.
 */
ssize_t notify_read(
	int fd, char *text, size_t size, const char *group, pid_t pid, bool *own);

#endif
