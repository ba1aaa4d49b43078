/* SPDX-License-Identifier: ISC */
#ifndef PID1_CGROUP_H
#define PID1_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

struct config_service;

#define CGROUP_ROOT	"/sys/fs/cgroup"
#define CGROUP_SERVICES "services" /* each service's group lies in it */
#define CGROUP_SYSTEM	"system" /* pid1's own helpers */
#define CGROUP_NAME	96 /* bytes of "SLICE/NAME", with the NUL */

/* Makes the slices and hands memory and pids down to them. False: this kernel has no
 * cgroup2. */
bool cgroup_setup(void);

/*
 * Makes the group with its limits and opens its cgroup.events, which EPOLLPRI tells
 * changes of. A controller that the kernel lacks is logged and lived with. 0 or -errno.
 */
int cgroup_create(
	const char *group, const struct config_service *service, int *events_fd);

/* For clone3(CLONE_INTO_CGROUP): a descriptor or -errno. */
int cgroup_open(const char *group);

/* SIGKILL to every process in it; 0 or -errno. */
int cgroup_kill(const char *group);

/* True while a live process is in it (a zombie is none). */
bool cgroup_populated(int events_fd);

/* How often the kernel has killed in it for want of memory. */
uint64_t cgroup_oom_kills(const char *group);

#endif
