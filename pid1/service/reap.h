/* SPDX-License-Identifier: ISC */
#ifndef PID1_REAP_H
#define PID1_REAP_H

#include <stdbool.h>
#include <sys/types.h>

#define REAP_PASS                                                                        \
	256 /* at most so many a pass, so that ten thousand zombies hold up nothing */

/* How a process ended, as waitid(2) tells. */
struct reap_end {
	pid_t pid;
	bool killed; /* by a signal: value is its number; else the exit status */
	int value;
	bool gone; /* reaped: its pid may be another's by now */
};

/*
 * Reaps every child that is there, at most REAP_PASS, and tells `ended` of each. Where
 * held() says so, which is asked before each, it is told while the child still has its
 * pid and its cgroup, else right after: that takes half of the system calls. True if there
 * may be more.
 */
bool reap_pass(void (*ended)(const struct reap_end *end), bool (*held)(void));

/* True for what asks for no restart with Restart=on-failure, as systemd.service(5) has
 * it. */
bool reap_is_clean(const struct reap_end *end);

#endif
