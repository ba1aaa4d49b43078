/* SPDX-License-Identifier: ISC */
#ifndef PID1_SUPERVISE_H
#define PID1_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/config_mount.h"
#include "lib/config_service.h"
#include "health.h"
#include "service.h"

struct config;
struct reap_end;

/*
 * The services as they are: each one's machine (service.h), process, cgroup, timer.
 * Decisions are carried out here; what happens comes in from loop.c.
 */
/* pid1's own: the self-check, two commands of [health], a loader, checks of file systems */
#define SUPERVISE_HELPERS (4 + CONFIG_MOUNTS)
#define SUPERVISE_SLOTS	  (CONFIG_SERVICES + SUPERVISE_HELPERS)
#define SUPERVISE_SAID	  128 /* bytes of a STATUS= that are kept, with the NUL */

/* Told of each descriptor to be polled, with its slot's index. */
struct supervise_watch {
	void (*report)(int fd, size_t index);
	void (*group)(int fd, size_t index);
	void (*notify)(int fd, size_t index);
};

/* Once; config must stay. */
void supervise_init(
	const struct config *config, bool cgroups, const struct supervise_watch *watch);

/* Starts what may start, stops what may stop, fires the timers that are due. */
void supervise_advance(uint64_t now_ms);

/* When supervise_advance() has something to do next; UINT64_MAX: when an event comes. */
uint64_t supervise_deadline(void);

/* A process ended; if supervise_holds(), it is not reaped yet. */
void supervise_ended(const struct reap_end *end);

/* True while the last message of a main process may be in a notify socket: who sent it is
 * read from /proc, so that process must not be reaped before. */
bool supervise_holds(void);

/* A descriptor that was watched has something. */
void supervise_report(size_t index);
void supervise_group(size_t index);
void supervise_notify(size_t index);

/* From now on everything is being stopped, in reverse order. */
void supervise_stop(void);

/* True once it all has stopped. */
bool supervise_stopped(void);

/* Starts one of pid1's own programs, whose config must stay; over() is told its exit
 * status, -1: it was killed, late or never there. 0, or -errno and over() is not told. */
int supervise_helper(const struct config_service *config,
	void (*over)(const struct config_service *config, int status));

/* Which of the config's mounts are there, and which nobody waits for any more, as bits. */
void supervise_mounts(uint32_t up, uint32_t settled);

/* For the control socket. The index of a service by name, -1: there is none. */
int supervise_find(const char *name);

enum supervise_request { REQUEST_START, REQUEST_STOP, REQUEST_RESTART };

/*
 * Start: with all that it requires and wants. Stop and restart: with all that require it,
 * as systemd.unit(5) has it. Returns at once. 0, -ENOENT (no such service) or -ESHUTDOWN
 * (the machine is going down).
 */
int supervise_request(const char *name, enum supervise_request request);

/* One service, for people; the strings stay. */
struct supervise_status {
	const struct config_service *config;
	enum service_state state;
	enum service_result result; /* of the last run */
	const char *said; /* its STATUS=, "" for none */
	const char *group; /* its cgroup, below CGROUP_ROOT */
	pid_t pid; /* 0: none */
	unsigned restarts; /* starts of its process after the first */
	uint64_t since_ms; /* monotonic: when it came into this state */
	bool up; /* ready, or a oneshot that is done */
};

/* The index-th service, or pid1's own helper; false behind the last one. */
bool supervise_status(size_t index, struct supervise_status *status);

/* How the machine has to end, by what a service's end led to. */
enum supervise_wish { WISH_NONE, WISH_REBOOT, WISH_POWEROFF, WISH_UNHEALTHY };

/* The first wish, and its reason for people; unhealthy is a reboot. */
enum supervise_wish supervise_wish(const char **why);

/* How this boot is judged so far; *why: "" unless it is HEALTH_BAD. */
enum health_phase supervise_health(const char **why);

/* This boot is not complete and no restart mends that: until it is, it stays on trial, and
 * only a service beyond recovery makes it unhealthy. */
void supervise_resign(void);

/* For what feeds the hardware watchdog, each time before it does: health.h. */
bool health_feeds(uint64_t now_ms);

/* True once every service that starts at boot was given its turn. */
bool supervise_complete(void);

#endif
