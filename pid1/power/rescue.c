/* SPDX-License-Identifier: ISC */
#include "rescue.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "pid1/log/log.h"
#include "reason.h"
#include "watchdog.h"

#define SYNC_MS 5000 /* for the disks */

/* SIGSTKSZ is no constant on every libc; a handler that only writes and reboots needs
 * little. */
static char stack[16384] __attribute__((aligned(16)));

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

static void
sync_all(void *argument)
{
	(void)argument;
	sync();
}

_Noreturn void
rescue_as(enum reason_kind kind, unsigned seconds, const char *why)
{
	struct timespec pause_time = {.tv_sec = (time_t)seconds};
	char line[256] = "pid1: rescue: ";

	/* A child of pid1 (between clone and exec, a writer, a check) calls abort(): that is
	 * its end, and not the machine's. */
	if (syscall(SYS_getpid) != 1)
		_exit(128 + SIGABRT);
	/* At once, so that no other line can come between. */
	strncat(line, why, 200);
	strcat(line, "; restarting\n");
	log_raw(line);
	reason_end(kind, why);
	while (seconds > 0 && nanosleep(&pause_time, &pause_time) < 0)
		;
	deadline_run(sync_all, NULL, SYNC_MS);
	watchdog_last();
	reboot(RB_AUTOBOOT);
	/* Only without CAP_SYS_BOOT: to end is a panic, and panic= restarts. */
	_exit(1);
}

_Noreturn void
rescue(unsigned seconds, const char *why)
{
	rescue_as(REASON_RESCUE, seconds, why);
}

/*
 * In place of the C library's, whose signal comes from ourselves (si_code <= 0), would be
 * ignored for it, and would end in a panic.
 */
_Noreturn void
abort(void)
{
	rescue(0, "abort() in pid1 itself");
}

/* exit() and a return from main() come by here. */
static void
on_exit_of_main(void)
{
	if (syscall(SYS_getpid) == 1)
		rescue(0, "pid1 itself ended");
}

static void
on_fault(int signal, siginfo_t *info, void *context)
{
	static const char *const names[] = {[SIGSEGV] = "SIGSEGV",
		[SIGBUS] = "SIGBUS",
		[SIGFPE] = "SIGFPE",
		[SIGILL] = "SIGILL",
		[SIGABRT] = "SIGABRT",
		[SIGTRAP] = "SIGTRAP",
		[SIGSYS] = "SIGSYS"};
	static char why[48];

	(void)context;
	/* A child between clone and exec has this handler, too; the machine is not its to
	 * restart. */
	if (syscall(SYS_getpid) != 1)
		_exit(128 + signal);
	/* kill(2) and friends: root may send anything to process 1 and must not stop it.
	 */
	if (info->si_code <= 0)
		return;
	stpcpy(stpcpy(why, names[signal]), " in pid1 itself");
	rescue(0, why);
}

void
rescue_arm(void)
{
	const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction act = {
		.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigemptyset(&act.sa_mask);
	atexit(on_exit_of_main);
	if (sigaltstack(&alternate, NULL) < 0)
		log_say("no stack for faults");
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigaction(faults[i], &act, NULL);
}
