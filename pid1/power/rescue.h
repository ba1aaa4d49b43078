/* SPDX-License-Identifier: ISC */
#ifndef PID1_RESCUE_H
#define PID1_RESCUE_H

#include "reason_record.h"

/*
 * pid1's own faults end here. Its return or death would be a kernel panic; a reboot is
 * better, and `panic=` on the kernel's command line stands behind it.
 */

/* Catches SEGV, BUS, FPE, ILL, ABRT, TRAP and SYS on a stack of their own. They must not
 * be blocked: a blocked fault goes past the handler and panics the kernel. */
void rescue_arm(void);

/* Says why, keeps it for the next boot, waits seconds so that it can be read, and
 * restarts the machine. May be called in a signal handler. */
_Noreturn void rescue(unsigned seconds, const char *why);

/* The same, as another kind of end. */
_Noreturn void rescue_as(enum reason_kind kind, unsigned seconds, const char *why);

#endif
