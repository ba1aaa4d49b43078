/* SPDX-License-Identifier: ISC */
#include "power.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pid1/base/clock.h"
#include "pid1/log/console.h"
#include "deadline.h"
#include "kexec.h"
#include "pid1/log/log.h"
#include "pid1/start/mount.h"
#include "reason.h"
#include "rescue.h"
#include "pid1/start/storage.h"
#include "watchdog.h"

#define KILL_MS 2000 /* for what is left to be gone */
#define SYNC_MS 10000 /* for the disks: one that hangs must not hold the machine */

enum power
power_of_signal(int signal)
{
	switch (signal) {
	case SIGUSR1: /* halt */
		return POWER_HALT;
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

static const struct {
	const char *name;
	enum reason_kind kind;
	unsigned command; /* of reboot(2) */
} ends[] = {
	[POWER_NONE] = {"nothing", REASON_UNKNOWN, RB_AUTOBOOT},
	[POWER_OFF] = {"power-off", REASON_OFF, RB_POWER_OFF},
	[POWER_REBOOT] = {"reboot", REASON_REBOOT, RB_AUTOBOOT},
	[POWER_HALT] = {"halt", REASON_HALT, RB_HALT_SYSTEM},
	[POWER_KEXEC] = {"kexec", REASON_KEXEC, RB_KEXEC},
};

const char *
power_name(enum power power)
{
	return ends[power].name;
}

enum reason_kind
power_reason(enum power power)
{
	return ends[power].kind;
}

/* Reaps until no child is left or ms are over; true if none is. */
static bool
reap_all(uint64_t ms)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
	uint64_t end = clock_ms() + ms;

	for (;;) {
		pid_t gone = waitpid(-1, NULL, WNOHANG);

		if (gone < 0)
			return true;
		if (gone > 0)
			continue;
		if (clock_ms() >= end)
			return false;
		watchdog_feed(clock_ms());
		nanosleep(&moment, NULL);
	}
}

static void
release(void *argument)
{
	(void)argument;
	storage_last();
	sync();
	mount_release();
	sync();
}

void
power_down(enum power power, enum reason_kind kind, const char *why)
{
	const char *name = power_name(power);
	int r;

	kill(-1, SIGKILL);
	if (!reap_all(KILL_MS))
		log_say("%s: some processes cannot be killed", name);
	if (power == POWER_KEXEC && !kexec_loaded()) {
		power = POWER_REBOOT;
		kind = REASON_KEXEC_FAILED;
		why = "the image is gone";
	}
	reason_end(kind, why);
	/* An open file would keep its file system from being unmounted. */
	reason_close();
	r = deadline_run(release, NULL, SYNC_MS);
	/* Where there is no process for it, the watchdog is the deadline. */
	if (r == -EAGAIN || r == -ENOMEM)
		release(NULL);
	else if (r < 0)
		log_say("%s: the disks do not answer: going on", name);
	log_say("%s", name);
	console_flush(1000);
	watchdog_last();
	reboot((int)ends[power].command);
	rescue(0, power == POWER_KEXEC ? "the jump by kexec failed" : "reboot(2) failed");
}
