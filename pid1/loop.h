/* SPDX-License-Identifier: ISC */
#ifndef PID1_LOOP_H
#define PID1_LOOP_H

#include <stdbool.h>

#include "pid1/power/power.h"
#include "pid1/power/reason_record.h"

struct config;

/* Keeps the signals that ask for the machine's end until loop_run() takes them: sent to
 * process 1 before that, they would be lost. First of all calls, for all children. */
void loop_hold_signals(void);

/* Runs the services until a signal ends the machine. */
_Noreturn void loop_run(const struct config *config, bool cgroups);

/* Asks for the end of the machine: services are stopped, the reason is kept. The first
 * one counts, which Ctrl-Alt-Del ten times needs: false for the others. */
bool loop_end(enum power power, enum reason_kind kind, const char *why);

#endif
