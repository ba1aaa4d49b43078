/* SPDX-License-Identifier: ISC */
#ifndef PID1_LOOP_H
#define PID1_LOOP_H

#include <stdbool.h>

struct config;

/* Runs the services until a signal ends the machine. */
_Noreturn void loop_run(const struct config *config, bool cgroups);

#endif
