/* SPDX-License-Identifier: ISC */
#ifndef PID1_SLOT_H
#define PID1_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/config.h"
#include "pid1/isolate/cgroup.h"
#include "service.h"
#include "supervise.h"

#define SLOT_NEVER UINT64_MAX

/* What was asked of a service by hand or by the machine's end, and not yet done. */
enum slot_ask { ASK_NONE, ASK_STOP, ASK_AGAIN };

/* A service as it is; index in the config and here are the same. */
struct slot {
	const struct config_service *config;
	struct service service;
	char group[CGROUP_NAME];
	pid_t pid; /* of the main process, 0: none */
	int report_fd; /* set-up errors of the child, -1: none */
	int events_fd; /* cgroup.events, -1: not made yet, or to be made anew */
	int group_fd; /* its cgroup: what can be ended is open; -1: none */
	int notify_fd; /* its notify socket, or the pipe for a newline; -1: none */
	uint64_t due_ms; /* of its machine's timer */
	uint64_t timer_ms; /* when [Timer] starts it */
	struct cgroup_oom oom; /* before the main process was started */
	enum slot_ask ask;
	bool passed; /* has let those after it start */
	bool fallout; /* failed for good, and the others are not told yet */
	bool killed; /* its group was, and is not to be used again */
	bool reported; /* the child said why it failed */
	bool scolded; /* a message that was not its own, or none, is in the log */
	char said[SUPERVISE_SAID]; /* STATUS= */
	int status; /* of its last end: the exit status, -1: killed */
	void (*over)(const struct config_service *config, int status); /* helper.h */
};

/* All static: nothing is allocated while the device runs. */
struct supervisor {
	size_t count;
	const struct config *config;
	struct supervise_watch watch;
	bool cgroups, stopping, complete;
	enum supervise_wish wish;
	const char *why; /* of the wish */
	uint32_t mounts_up, mounts_settled; /* bits of the config's mounts */
	bool changed; /* something may start, stop or fall out now */
	/* Behind the services: pid1's own helpers. Last, since few are ever touched. */
	struct slot slots[SUPERVISE_SLOTS];
};

#endif
