/* SPDX-License-Identifier: ISC */
#ifndef PID1_POWER_H
#define PID1_POWER_H

#include "reason_record.h"

/* How the machine ends. */
enum power { POWER_NONE, POWER_OFF, POWER_REBOOT, POWER_HALT, POWER_KEXEC };

/* What a signal to process 1 asks for, as busybox's poweroff, reboot and halt send them.
 */
enum power power_of_signal(int signal);

/* "power-off", "reboot", "halt". */
const char *power_name(enum power power);

/* What is kept of it for the next boot. */
enum reason_kind power_reason(enum power power);

/* When all services have stopped: kills what is left, keeps the reason, syncs, unmounts,
 * and does it. */
_Noreturn void power_down(enum power power, enum reason_kind kind, const char *why);

#endif
