/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "sandbox_parts.h"

#define FILES_SOFT 1024
#define FILES_HARD 4096
#define STACK_SIZE (8u << 20)
#define NOT_RUN	   125 /* the exit status is not looked at: the report says why */

/*
 * Puts every descriptor at its number and closes the rest. First all of them move out of
 * the way, so that none is overwritten before it is in its place.
 */
static int
place_fds(const int fd[SANDBOX_FDS])
{
	int away[SANDBOX_FDS];

	for (int i = 0; i < SANDBOX_FDS; i++) {
		away[i] = fd[i] < 0 ? -1 : fcntl(fd[i], F_DUPFD_CLOEXEC, SANDBOX_FDS);
		if (fd[i] >= 0 && away[i] < 0)
			return -errno;
	}
	for (int i = 0; i < SANDBOX_FDS; i++) {
		if (away[i] < 0)
			close(i);
		else if (dup2(away[i], i) < 0)
			return -errno;
	}
	return close_range(SANDBOX_FDS, ~0u, 0) < 0 ? -errno : 0;
}

static void
set_limit(int which, rlim_t soft, rlim_t hard)
{
	struct rlimit limit;

	/* A lower limit of the host's stays: only root could raise it. */
	if (getrlimit((__rlimit_resource_t)which, &limit) < 0)
		return;
	if (limit.rlim_max > hard)
		limit.rlim_max = hard;
	limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
	(void)setrlimit((__rlimit_resource_t)which, &limit);
}

/* What every script starts with, whoever started ingot and how. 0 or -errno with e. */
static int
settle(struct error *e)
{
	static const char action[256] __attribute__((aligned(16)));
	sigset_t none;

	umask(022);
	/*
	 * By the system call: signal(3) refuses 32 and 33, the C library's own, and they
	 * too may come ignored. All zeros are SIG_DFL in any arch's struct, 8 bytes the
	 * kernel's sigset_t.
	 */
	for (int number = 1; number < NSIG; number++)
		(void)syscall(SYS_rt_sigaction, number, action, NULL, 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	set_limit(RLIMIT_CORE, 0, 0);
	set_limit(RLIMIT_NOFILE, FILES_SOFT, FILES_HARD);
	set_limit(RLIMIT_STACK, STACK_SIZE, RLIM_INFINITY);
	if (personality(PER_LINUX | ADDR_NO_RANDOMIZE) < 0)
		return error_set(e, errno,
			"cannot switch address randomisation off: %s: in a container, start it with " SANDBOX_CONTAINER_FLAGS,
			strerror(errno));
	return 0;
}

_Noreturn void
sandbox_child(const struct sandbox_child *child, pid_t parent)
{
	char *const none[] = {NULL};
	struct error e;
	int result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(NOT_RUN);
	result = place_fds(child->fd);
	if (result < 0)
		_exit(NOT_RUN); /* no way to say it but by saying nothing */
	if (settle(&e) == 0) {
		if (child->top)
			(void)sandbox_enter_plain(child, &e);
		else if (execve(child->vector[0], child->vector, none) < 0)
			error_set(&e, errno, "%s: %s", child->vector[0], strerror(errno));
	}
	(void)io_write_full(SANDBOX_STATUS, e.text, strlen(e.text));
	_exit(NOT_RUN);
}
