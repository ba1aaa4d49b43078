/* SPDX-License-Identifier: ISC */
#ifndef PID1_WALL_H
#define PID1_WALL_H

#include <stdbool.h>

struct config_service;
struct spawn_report;

/*
 * In the child: namespaces, its view of the files, its user and capabilities, Landlock,
 * and last the filter of system calls; what the kernel lacks (bits of enum isolate_lack)
 * is left out. 0; or -1 with errno, and *report says at what it failed.
 */
int wall_enter(const struct config_service *service, unsigned lacks,
	struct spawn_report *report);

/*
 * In pid1: makes the first process of a new PID namespace, in the service's open cgroup and
 * killed no sooner than the service where memory is out: it does nothing but reap, so that
 * the service's main process need not be the namespace's init, which the kernel shields from
 * signals. Children of pid1 are born in there until wall_leave_pids(). *keeper_fd is a
 * pidfd. 0 or -errno.
 */
int wall_enter_pids(const struct config_service *service, int cgroup_fd, int *keeper_fd);

/* Children of pid1 are its equals again, and keeper_fd is closed. stay: false ends the
 * namespace. */
void wall_leave_pids(int keeper_fd, bool stay);

#endif
