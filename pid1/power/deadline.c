/* SPDX-License-Identifier: ISC */
#include "deadline.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pid1/base/clock.h"
#include "watchdog.h"

int
deadline_run(void (*work)(void *argument), void *argument, uint64_t ms)
{
	const struct timespec moment = {.tv_nsec = 2 * 1000 * 1000};
	uint64_t end = clock_ms() + ms;
	siginfo_t info;
	/* fork(2) without the C library, whose locks a signal handler may have
	 * interrupted. */
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		work(argument);
		_exit(0);
	}
	for (;;) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) < 0 &&
			errno != EINTR)
			return -errno;
		if (info.si_pid == pid)
			return info.si_code == CLD_EXITED ? 0 : -EIO;
		if (clock_ms() >= end)
			break;
		watchdog_feed(clock_ms());
		nanosleep(&moment, NULL);
	}
	/* One that waits for a disk does not die of it, and must not be waited for. */
	kill((pid_t)pid, SIGKILL);
	return -ETIMEDOUT;
}
