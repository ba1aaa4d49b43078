/* SPDX-License-Identifier: ISC */
#include "wall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/config_service.h"
#include "isolate.h"
#include "landlock.h"
#include "privilege.h"
#include "pid1/power/rescue.h"
#include "spawn.h"
#include "view.h"

/* By flag: the namespace, and what it is if the kernel has none. */
static const struct {
	uint32_t flag;
	int clone;
	unsigned lack;
} spaces[] = {
	{ISOLATE_VIEW, CLONE_NEWNS, LACK_MOUNTS},
	{ISOLATE_NETWORK, CLONE_NEWNET, LACK_NETWORK},
	{ISOLATE_IPC, CLONE_NEWIPC, LACK_IPC},
	{ISOLATE_HOSTNAME, CLONE_NEWUTS, LACK_HOSTNAME},
};

static int
result(int r)
{
	if (r >= 0)
		return r;
	errno = -r;
	return -1;
}

/* A network of its own still has its own loopback, as programs expect. */
static int
raise_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return errno == EAFNOSUPPORT ? 0 : -1;
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	r = ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
	return r;
}

static int
enter_spaces(uint32_t flags, unsigned lacks)
{
	int wanted = 0;

	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (flags & spaces[i].flag && !(lacks & spaces[i].lack))
			wanted |= spaces[i].clone;
	if (wanted && syscall(SYS_unshare, wanted) < 0)
		return -1;
	return wanted & CLONE_NEWNET ? raise_loopback() : 0;
}

static int
take_directory(const struct config_service *service)
{
	const char *directory = service->directory;

	return directory && directory[0] ? chdir(directory) : 0;
}

/* From its view on; proc_fd is closed by exec. */
static int
enter_inside(const struct config_service *service, unsigned lacks,
	struct spawn_report *report, int proc_fd)
{
	const struct config_isolation *isolation = &service->isolation;
	const bool view = isolation->flags & ISOLATE_VIEW && !(lacks & LACK_MOUNTS);
	int ruleset_fd = -1;

	report->stage = SPAWN_VIEW;
	if (view && result(view_enter(service, &report->detail)) < 0)
		return -1;
	report->stage = SPAWN_LANDLOCK;
	if (isolation->flags & ISOLATE_LANDLOCK && !(lacks & LACK_LANDLOCK)) {
		ruleset_fd = result(landlock_prepare(isolation, &report->detail));
		if (ruleset_fd < 0)
			return -1;
	}
	report->detail = -1;
	report->stage = SPAWN_IDS;
	if (result(privilege_drop(isolation, lacks, proc_fd)) < 0)
		return -1;
	report->stage = SPAWN_DIRECTORY;
	if (take_directory(service) < 0)
		return -1;
	report->stage = SPAWN_LANDLOCK;
	if (ruleset_fd >= 0 && result(landlock_enter(ruleset_fd)) < 0)
		return -1;
	report->stage = SPAWN_FILTER;
	if (isolation->filter_size > 0 && !(lacks & LACK_FILTER))
		return result(privilege_filter(isolation));
	return 0;
}

int
wall_enter(
	const struct config_service *service, unsigned lacks, struct spawn_report *report)
{
	const uint32_t flags = service->isolation.flags;
	int proc_fd = -1;

	report->detail = -1;
	report->stage = SPAWN_NAMESPACES;
	if (flags & ISOLATE_USERS) {
		proc_fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (proc_fd < 0)
			return -1;
	}
	if (enter_spaces(flags, lacks) < 0)
		return -1;
	return enter_inside(service, lacks, report, proc_fd);
}

/* Holds nothing, may nothing, and cannot be looked into: what a service finds if it gets
 * as far as process 1 of its namespace. */
_Noreturn static void
keep(int oom_score)
{
	static const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}, {0}};
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	/* Ignored, it lets the kernel reap what is orphaned in the namespace; wait(2). */
	sigaction(SIGCHLD, &ignore, NULL);
	prctl(PR_SET_NAME, "keeper");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setsid();
	/* Its end is that of all in there. Where it cannot be set, the main process says so. */
	if (oom_score != 0)
		(void)spawn_oom_score(oom_score);
	syscall(SYS_close_range, 0u, ~0u, 0u);
	syscall(SYS_capset, &head, none);
	for (;;)
		pause();
}

/* pid1's own PID namespace; opened once. -1 before that. */
static int home_fd = -1;

int
wall_enter_pids(const struct config_service *service, int cgroup_fd, int *keeper_fd)
{
	struct clone_args args = {.flags = CLONE_NEWPID | CLONE_PIDFD | CLONE_INTO_CGROUP,
		.pidfd = (uint64_t)(uintptr_t)keeper_fd,
		.exit_signal = SIGCHLD,
		.cgroup = (unsigned)cgroup_fd};
	long pid;

	if (home_fd < 0)
		home_fd = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	if (home_fd < 0)
		return -errno;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		keep(service->limits.oom_score_adjust);
	if (pid < 0)
		return -errno;
	if (syscall(SYS_setns, *keeper_fd, CLONE_NEWPID) < 0) {
		int r = -errno;

		wall_leave_pids(*keeper_fd, false);
		return r;
	}
	return 0;
}

void
wall_leave_pids(int keeper_fd, bool stay)
{
	/* Every later child would be born in there. */
	if (syscall(SYS_setns, home_fd, CLONE_NEWPID) < 0)
		rescue(5, "cannot leave a service's PID namespace");
	if (!stay)
		syscall(SYS_pidfd_send_signal, keeper_fd, SIGKILL, NULL, 0);
	close(keeper_fd);
}
