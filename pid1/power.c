/* SPDX-License-Identifier: ISC */
#include "power.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "console.h"
#include "log.h"
#include "mount.h"
#include "rescue.h"
#include "storage.h"

#define KILL_MS 2000 /* for what is left to be gone */
#define SYNC_MS 10000 /* for the disks: one that hangs must not hold the machine */

enum power
power_of_signal(int signal)
{
	switch (signal) {
	case SIGUSR1: /* halt */
	case SIGUSR2: /* poweroff */
	case SIGPWR: /* the power is failing */
		return POWER_OFF;
	case SIGTERM: /* reboot */
	case SIGINT: /* Ctrl-Alt-Del */
		return POWER_REBOOT;
	default:
		return POWER_NONE;
	}
}

const char *
power_name(enum power power)
{
	return power == POWER_OFF ? "power-off" : "reboot";
}

/* Reaps until pid is gone (-1: until no child is left) or ms are over; 1 if it is. */
static int
wait_for(pid_t pid, uint64_t ms)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
	uint64_t end = clock_ms() + ms;

	for (;;) {
		pid_t gone = waitpid(-1, NULL, WNOHANG);

		if (gone < 0 || gone == pid)
			return 1;
		if (gone > 0)
			continue;
		if (clock_ms() >= end)
			return 0;
		nanosleep(&moment, NULL);
	}
}

void
power_down(enum power power)
{
	pid_t pid;

	kill(-1, SIGKILL);
	if (!wait_for(-1, KILL_MS))
		log_say("%s: some processes cannot be killed", power_name(power));
	pid = fork();
	if (pid == 0) {
		storage_last();
		sync();
		mount_release();
		sync();
		_exit(0);
	}
	if (pid < 0 || !wait_for(pid, SYNC_MS))
		log_say("%s: the disks do not answer: going on", power_name(power));
	log_say("%s", power_name(power));
	console_flush(1000);
	reboot(power == POWER_OFF ? RB_POWER_OFF : RB_AUTOBOOT);
	rescue(0, "reboot(2) failed");
}
