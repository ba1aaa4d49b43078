/* SPDX-License-Identifier: ISC */
#ifndef PID1_ISOLATE_H
#define PID1_ISOLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct config_service;

/*
 * What of its walls and limits a service cannot have on this kernel. The first bits are
 * those of enum limit_controller.
 */
enum isolate_lack {
	LACK_MOUNTS = 1 << 5,
	LACK_NETWORK = 1 << 6,
	LACK_PIDS = 1 << 7, /* of namespaces; or no cgroup that could end its keeper */
	LACK_IPC = 1 << 8,
	LACK_HOSTNAME = 1 << 9,
	LACK_USERS = 1 << 10,
	LACK_LANDLOCK = 1 << 11,
	LACK_FILTER = 1 << 12,
};
#define LACKS 13

/* Looks once what the kernel has, makes the place that views are built in, and turns user
 * namespaces off where no service asks for one. cgroups: what cgroup_setup() said. */
void isolate_setup(const struct config *config, bool cgroups);

/* The lacks that concern the service, as bits; 0 on a complete kernel. */
unsigned isolate_lacks(const struct config_service *service);

/* "Landlock, seccomp": the lacks by name, cut at size. */
void isolate_lacks_text(unsigned lacks, char *text, size_t size);

/*
 * Before each start: says in the log what the service has to do without. 0, or -ENOTSUP
 * if it says IsolationRequired=yes and the kernel lacks something of it.
 */
int isolate_permit(const struct config_service *service);

/* Pure: what a service needs, and which of it is not in `has` (bits of enum isolate_lack
 * and limit_controller). */
unsigned isolate_needs(const struct config_service *service);

#endif
