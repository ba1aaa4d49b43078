/* SPDX-License-Identifier: ISC */
#ifndef PID1_POWER_H
#define PID1_POWER_H

/* How the machine ends. */
enum power { POWER_NONE, POWER_OFF, POWER_REBOOT };

/* What a signal to process 1 asks for, as busybox's poweroff, reboot and halt send them.
 */
enum power power_of_signal(int signal);

/* "power-off", "reboot". */
const char *power_name(enum power power);

/* When all services have stopped: kills what is left, syncs, unmounts, and does it. */
_Noreturn void power_down(enum power power);

#endif
