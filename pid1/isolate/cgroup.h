/* SPDX-License-Identifier: ISC */
#ifndef PID1_CGROUP_H
#define PID1_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct config_service;

#define CGROUP_ROOT   "/sys/fs/cgroup"
#define CGROUP_SYSTEM "system" /* pid1's own helpers; a service's: limit_slice_name() */
#define CGROUP_NAME   96 /* bytes of "SLICE/NAME", with the NUL */

/* What the kernel counted of a lack of memory in a group, since it was made. */
struct cgroup_oom {
	uint64_t limit; /* times that it was at its own memory.max with no way out */
	uint64_t kills; /* processes killed in it, whoever's memory it was about */
};

/*
 * Hands down the controllers that this kernel has. A slice is made with its first group and
 * given its share: the memory that its services were promised, the critical one ten times
 * the weight, the speculative one what is left. False: this kernel has no cgroup2.
 */
bool cgroup_setup(const struct config *config);

/* The controllers (bits of enum limit_controller) that the kernel gave. */
unsigned cgroup_controllers(void);

/*
 * Makes the group with its limits and opens its cgroup.events, which EPOLLPRI tells
 * changes of. One that is there with *events_fd open is used again; with -1 it is made
 * anew, see cgroup_kill(). A controller that the kernel lacks is logged and lived with. 0
 * or -errno; -EBUSY: something lives in it that could not be killed.
 */
int cgroup_create(
	const char *group, const struct config_service *service, int *events_fd);

/* For clone3(CLONE_INTO_CGROUP) and cgroup_kill(): a descriptor or -errno. */
int cgroup_open(const char *group);

/*
 * SIGKILL to every process in it, also when no descriptor is left; 0 or -errno. The group is used up by it: linux 6.12
 * counts the kills of a group against forks that race with them, and takes a clone3 with
 * CLONE_INTO_CGROUP for such a one in every group that was ever killed (kill_seq in
 * kernel/cgroup/cgroup.c): the child is dead before its first instruction.
 */
int cgroup_kill(int group_fd);

/* True if somebody has removed the group since. */
bool cgroup_gone(int events_fd);

/* True while a live process is in it (a zombie is none). */
bool cgroup_populated(int events_fd);

/* The counts of now; zeros where the kernel does not count. */
void cgroup_oom(const char *group, struct cgroup_oom *oom);

/* What a SIGKILL was about, given the counts before and after it, for messages: NULL if
 * not about memory. */
const char *cgroup_oom_reason(
	const struct cgroup_oom *before, const struct cgroup_oom *after);

/* Bytes of memory, processes and threads in the group now; UINT64_MAX: not known. */
uint64_t cgroup_memory(const char *group);
uint64_t cgroup_tasks(const char *group);

#endif
