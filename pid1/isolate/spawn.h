/* SPDX-License-Identifier: ISC */
#ifndef PID1_SPAWN_H
#define PID1_SPAWN_H

#include <stdint.h>
#include <sys/types.h>

struct config_service;

/* What a child was at when it failed, as it reports it. */
enum spawn_stage {
	SPAWN_SESSION,
	SPAWN_TERMINAL,
	SPAWN_OUTPUT,
	SPAWN_READY,
	SPAWN_SCHEDULING,
	SPAWN_LIMITS,
	SPAWN_NAMESPACES,
	SPAWN_VIEW,
	SPAWN_LANDLOCK,
	SPAWN_IDS,
	SPAWN_DIRECTORY,
	SPAWN_FILTER,
	SPAWN_EXEC,
	SPAWN_STAGES
};

/* One record in the pipe; none, and the pipe's end, mean that exec succeeded. */
struct spawn_report {
	int32_t stage;
	int32_t error;
	int32_t detail; /* SPAWN_VIEW, SPAWN_LANDLOCK: index of a bind, or (from
			   CONFIG_BINDS on) a device; else -1 */
};

/*
 * Makes the service's main process, in the open cgroup from its first instruction (-1:
 * none), with output_fd as its standard output and error where it has no terminal (-1:
 * both are lost) and ready_fd as its NotifyFD= (-1: none). *report_fd is the pipe's end
 * to read, non-blocking. The pid, or -errno.
 */
pid_t spawn_service(const struct config_service *service, int cgroup_fd, int output_fd,
	int ready_fd, int *report_fd);

/* Whom the kernel kills first when memory is out: proc_pid_oom_score_adj(5), of the process
 * that calls it. 0, or -1 with errno. */
int spawn_oom_score(int score);

/* "run /bin/x", "open /dev/ttyS0": what the stage was about, for messages. */
const char *spawn_stage_name(int32_t stage);

/* The file that a report is about. */
const char *spawn_subject(
	const struct config_service *service, const struct spawn_report *report);

#endif
