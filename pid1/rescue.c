/* SPDX-License-Identifier: ISC */
#include "rescue.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

/* SIGSTKSZ is no constant on every libc; a handler that only writes and reboots needs
 * little. */
static char stack[16384] __attribute__((aligned(16)));

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

_Noreturn void
rescue(unsigned seconds, const char *why)
{
	struct timespec pause_time = {.tv_sec = (time_t)seconds};

	log_raw("pid1: rescue: ");
	log_raw(why);
	log_raw("; restarting\n");
	while (seconds > 0 && nanosleep(&pause_time, &pause_time) < 0)
		;
	sync();
	reboot(RB_AUTOBOOT);
	/* Only without CAP_SYS_BOOT: to end is a panic, and panic= restarts. */
	_exit(1);
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

	(void)context;
	/* A child between clone and exec has this handler, too; the machine is not its to
	 * restart. */
	if (syscall(SYS_getpid) != 1)
		_exit(128 + signal);
	/* kill(2) and friends: root may send anything to process 1 and must not stop it.
	 */
	if (info->si_code <= 0)
		return;
	log_raw("pid1: rescue: ");
	log_raw(names[signal]);
	log_raw(" in pid1 itself; restarting\n");
	reboot(RB_AUTOBOOT);
	_exit(1);
}

void
rescue_arm(void)
{
	const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction act = {
		.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigemptyset(&act.sa_mask);
	if (sigaltstack(&alternate, NULL) < 0)
		log_say("no stack for faults");
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigaction(faults[i], &act, NULL);
}
