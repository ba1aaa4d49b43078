/* SPDX-License-Identifier: ISC */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/config.h"
#include "isolate.h"
#include "wall.h"

const char *
spawn_stage_name(int32_t stage)
{
	static const char *const names[SPAWN_STAGES] = {
		[SPAWN_SESSION] = "make a session",
		[SPAWN_TERMINAL] = "open its terminal",
		[SPAWN_OUTPUT] = "open its output",
		[SPAWN_READY] = "open its NotifyFD",
		[SPAWN_SCHEDULING] = "set its scheduling",
		[SPAWN_LIMITS] = "set its resource limits",
		[SPAWN_NAMESPACES] = "enter its namespaces",
		[SPAWN_VIEW] = "bring into its view",
		[SPAWN_LANDLOCK] = "enter Landlock",
		[SPAWN_DIRECTORY] = "change to its directory",
		[SPAWN_FILTER] = "load its system call filter",
		[SPAWN_IDS] = "change to its user",
		[SPAWN_EXEC] = "run its program",
	};

	return stage >= 0 && stage < SPAWN_STAGES ? names[stage] : "start";
}

const char *
spawn_subject(const struct config_service *service, const struct spawn_report *report)
{
	const struct config_isolation *isolation = &service->isolation;
	const int32_t device = report->detail - CONFIG_BINDS;

	if (report->stage == SPAWN_TERMINAL)
		return service->tty;
	if (report->stage == SPAWN_DIRECTORY)
		return service->directory;
	if (report->stage == SPAWN_VIEW || report->stage == SPAWN_LANDLOCK) {
		if (report->detail >= 0 && report->detail < isolation->bind_count)
			return isolation->binds[report->detail].from;
		if (device >= 0 && device < isolation->device_count)
			return isolation->devices[device].path;
	}
	return service->arguments[0];
}

_Noreturn static void
fail_with(int report_fd, const struct spawn_report *report)
{
	/* Less than PIPE_BUF: whole or not at all; without it the exit status must do. */
	_exit(write(report_fd, report, sizeof(*report)) < 0 ? 126 : 127);
}

_Noreturn static void
fail(int report_fd, enum spawn_stage stage)
{
	const struct spawn_report report = {
		.stage = (int32_t)stage, .error = errno, .detail = -1};

	fail_with(report_fd, &report);
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

/* The descriptor that it says its readiness on gets the number it asks for; the report's
 * makes way. */
static int
take_ready(int ready_fd, int number, int *report_fd)
{
	if (*report_fd == number)
		*report_fd = fcntl(number, F_DUPFD_CLOEXEC, CONFIG_NOTIFY_FD + 1);
	if (*report_fd < 0)
		return -1;
	if (ready_fd == number)
		return fcntl(number, F_SETFD, 0);
	return dup2(ready_fd, number);
}

/* Lets go of pid1's descriptors, of which there may be more than the child's own limit
 * allows for; the report's alone stays. */
static int
let_go(int *report_fd)
{
	const int kept = CONFIG_NOTIFY_FD + 1;

	if (*report_fd != kept && dup3(*report_fd, kept, O_CLOEXEC) < 0)
		return -1;
	*report_fd = kept;
	return (int)syscall(SYS_close_range, (unsigned)kept + 1, ~0u, 0);
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

int
spawn_oom_score(int score)
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
	/* The kernel's own for its first process, which pid1 has raised for itself. */
	const struct rlimit files = {limits->files ? limits->files : 1024,
		limits->files ? limits->files : 4096};
	const struct rlimit core = {limits->core, limits->core};

	if (limits->oom_score_adjust != 0 &&
		spawn_oom_score(limits->oom_score_adjust) < 0)
		return -1;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		return -1;
	return limits->core != 0 ? setrlimit(RLIMIT_CORE, &core) : 0;
}

/* True if the environment has a value for "NAME=". */
static bool
has_variable(char *const *environment, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(environment[i], name, strlen(name)) == 0)
			return true;
	return false;
}

/* With its environment on the child's stack: its own, then what every service has. */
static void
run(const struct config_service *service)
{
	char notify[sizeof("NOTIFY_SOCKET=" CONFIG_NOTIFY_DIR "/") + 64], watchdog[40];
	static char path[] = "PATH=/sbin:/usr/sbin:/bin:/usr/bin", home[] = "HOME=/",
		    term[] = "TERM=linux";
	char *environment[CONFIG_ENVIRONMENT + 6];
	size_t n = 0;

	for (; service->environment[n]; n++)
		environment[n] = (char *)(uintptr_t)service->environment[n];
	if (!has_variable(environment, n, "PATH="))
		environment[n++] = path;
	if (!has_variable(environment, n, "HOME="))
		environment[n++] = home;
	if (service->tty[0] && !has_variable(environment, n, "TERM="))
		environment[n++] = term;
	if (config_life_notifies(&service->life, service->type)) {
		snprintf(notify, sizeof(notify), "NOTIFY_SOCKET=%s/%s", CONFIG_NOTIFY_DIR,
			service->name);
		environment[n++] = notify;
	}
	if (service->life.watchdog_ms > 0) {
		snprintf(watchdog, sizeof(watchdog), "WATCHDOG_USEC=%llu",
			(unsigned long long)service->life.watchdog_ms * 1000);
		environment[n++] = watchdog;
	}
	environment[n] = NULL;
	/* execve(2) changes none of the strings: POSIX, exec, rationale. */
	execve(service->arguments[0], (char *const *)(uintptr_t)service->arguments,
		environment);
}

_Noreturn static void
child(const struct config_service *service, unsigned lacks, int output_fd, int ready_fd,
	int report_fd)
{
	struct spawn_report report;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (setsid() < 0)
		fail(report_fd, SPAWN_SESSION);
	if (service->tty[0] && take_terminal(service) < 0)
		fail(report_fd, SPAWN_TERMINAL);
	if (!service->tty[0] && take_output(output_fd) < 0)
		fail(report_fd, SPAWN_OUTPUT);
	if (ready_fd >= 0 &&
		take_ready(ready_fd, service->life.notify_fd, &report_fd) < 0)
		fail(report_fd, SPAWN_READY);
	if (let_go(&report_fd) < 0)
		fail(report_fd, SPAWN_READY);
	if (take_scheduling(&service->limits) < 0)
		fail(report_fd, SPAWN_SCHEDULING);
	if (take_limits(&service->limits) < 0)
		fail(report_fd, SPAWN_LIMITS);
	if (wall_enter(service, lacks, &report) < 0) {
		report.error = errno;
		fail_with(report_fd, &report);
	}
	run(service);
	fail(report_fd, SPAWN_EXEC);
}

/* The main process itself; the pid or -errno. */
static pid_t
make_child(const struct config_service *service, unsigned lacks, int cgroup_fd,
	int output_fd, int ready_fd, int report_fd)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	long pid;

	if (cgroup_fd >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)cgroup_fd;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		child(service, lacks, output_fd, ready_fd, report_fd);
	return pid < 0 ? -errno : (pid_t)pid;
}

pid_t
spawn_service(const struct config_service *service, int cgroup_fd, int output_fd,
	int ready_fd, int *report_fd)
{
	const unsigned lacks = isolate_lacks(service);
	const bool pids = service->isolation.flags & ISOLATE_PIDS &&
			  !(lacks & LACK_PIDS) && cgroup_fd >= 0;
	int fds[2], keeper_fd, r = 0;
	pid_t pid = 0;

	/* The pipe comes behind the keeper, which would hold it open for a while. */
	if (pids)
		r = wall_enter_pids(service, cgroup_fd, &keeper_fd);
	if (r < 0)
		return r;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		r = -errno;
	else
		pid = make_child(service, lacks, cgroup_fd, output_fd, ready_fd, fds[1]);
	if (pids)
		wall_leave_pids(keeper_fd, pid > 0);
	if (r < 0)
		return r;
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return pid;
	}
	*report_fd = fds[0];
	return pid;
}
