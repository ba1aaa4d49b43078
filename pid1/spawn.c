/* SPDX-License-Identifier: ISC */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/config.h"

/*
 * The child is a copy of pid1 made by a raw clone3: no libc function that looks at its
 * cached thread (raise, abort, setuid) may be called in it. The ids are set by system
 * calls, in the forms with 32 bits where an architecture has two.
 */
#ifdef SYS_setgroups32
#define SET_GROUPS SYS_setgroups32
#define SET_GID	   SYS_setresgid32
#define SET_UID	   SYS_setresuid32
#else
#define SET_GROUPS SYS_setgroups
#define SET_GID	   SYS_setresgid
#define SET_UID	   SYS_setresuid
#endif

const char *
spawn_stage_name(int32_t stage)
{
	static const char *const names[SPAWN_STAGES] = {
		[SPAWN_SESSION] = "make a session",
		[SPAWN_TERMINAL] = "open its terminal",
		[SPAWN_OUTPUT] = "open its output",
		[SPAWN_SCHEDULING] = "set its scheduling",
		[SPAWN_LIMITS] = "set its resource limits",
		[SPAWN_IDS] = "change to its user",
		[SPAWN_EXEC] = "run its program",
	};

	return stage >= 0 && stage < SPAWN_STAGES ? names[stage] : "start";
}

_Noreturn static void
fail(int report_fd, enum spawn_stage stage)
{
	const struct spawn_report report = {.stage = (int32_t)stage, .error = errno};

	/* Less than PIPE_BUF: whole or not at all; without it the exit status must do. */
	_exit(write(report_fd, &report, sizeof(report)) < 0 ? 126 : 127);
}

/* Makes fd 0, 1 or 2 stand for what; what is above 2 and closed by exec. */
static int
stand_for(int what, int from, int to)
{
	for (int fd = from; fd <= to; fd++)
		if (dup2(what, fd) < 0)
			return -1;
	return 0;
}

/* Its own terminal: standard descriptors and controlling terminal of its session. */
static int
take_terminal(const struct config_service *service)
{
	/* Not to wait for a carrier; afterwards it blocks as programs expect. */
	int fd = open(service->tty, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_SETFL, O_RDWR) < 0)
		return -1;
	/* 1: take it from whoever has it; a restarted service's last session is gone. */
	if (ioctl(fd, TIOCSCTTY, 1) < 0)
		return -1;
	if (service->isolation.uid != 0 &&
		fchown(fd, service->isolation.uid, (gid_t)-1) < 0)
		return -1;
	return stand_for(fd, 0, 2);
}

/* No input; output into the pipe that pid1 reads. */
static int
take_output(int output_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -1;
	if (stand_for(null, 0, 0) < 0)
		return -1;
	return stand_for(output_fd < 0 ? null : output_fd, 1, 2);
}

/* Its share of the processor, beside what its cgroup says; sched(7). */
static int
take_scheduling(const struct config_limits *limits)
{
	const struct sched_param param = {.sched_priority = limits->priority};

	/* By system call: musl's function of that name refuses. */
	if (limits->policy != 0 &&
		syscall(SYS_sched_setscheduler, 0, limits->policy, &param) < 0)
		return -1;
	return limits->nice == 0 ? 0 : setpriority(PRIO_PROCESS, 0, limits->nice);
}

/* Whom the kernel kills first when memory is out: proc_pid_oom_score_adj(5). */
static int
take_oom_score(int score)
{
	char text[12];
	int fd, n = snprintf(text, sizeof(text), "%d", score);

	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)n) < 0)
		return -1;
	return close(fd);
}

static int
take_limits(const struct config_limits *limits)
{
	const struct rlimit files = {limits->files, limits->files};
	const struct rlimit core = {limits->core, limits->core};

	if (limits->oom_score_adjust != 0 && take_oom_score(limits->oom_score_adjust) < 0)
		return -1;
	if (limits->files != 0 && setrlimit(RLIMIT_NOFILE, &files) < 0)
		return -1;
	return limits->core != 0 ? setrlimit(RLIMIT_CORE, &core) : 0;
}

static int
take_ids(const struct config_service *service)
{
	if (service->isolation.uid == 0 && service->isolation.gid == 0)
		return 0;
	if (syscall(SET_GROUPS, 0, NULL) < 0)
		return -1;
	if (syscall(SET_GID, service->isolation.gid, service->isolation.gid,
		    service->isolation.gid) < 0)
		return -1;
	return (int)syscall(SET_UID, service->isolation.uid, service->isolation.uid,
		service->isolation.uid);
}

_Noreturn static void
child(const struct config_service *service, int output_fd, int report_fd)
{
	static char path[] = "PATH=/sbin:/usr/sbin:/bin:/usr/bin", home[] = "HOME=/",
		    term[] = "TERM=linux";
	char *environment[] = {path, home, service->tty[0] ? term : NULL, NULL};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (setsid() < 0)
		fail(report_fd, SPAWN_SESSION);
	if (service->tty[0] && take_terminal(service) < 0)
		fail(report_fd, SPAWN_TERMINAL);
	if (!service->tty[0] && take_output(output_fd) < 0)
		fail(report_fd, SPAWN_OUTPUT);
	if (take_scheduling(&service->limits) < 0)
		fail(report_fd, SPAWN_SCHEDULING);
	if (take_limits(&service->limits) < 0)
		fail(report_fd, SPAWN_LIMITS);
	if (take_ids(service) < 0)
		fail(report_fd, SPAWN_IDS);
	/* execve(2) changes none of the strings: POSIX, exec, rationale. */
	execve(service->arguments[0], (char *const *)(uintptr_t)service->arguments,
		environment);
	fail(report_fd, SPAWN_EXEC);
}

pid_t
spawn_service(const struct config_service *service, int cgroup_fd, int output_fd,
	int *report_fd)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	int fds[2], error;
	long pid;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	if (cgroup_fd >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)cgroup_fd;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		child(service, output_fd, fds[1]);
	error = errno;
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return -error;
	}
	*report_fd = fds[0];
	return (pid_t)pid;
}
