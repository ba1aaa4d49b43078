/* SPDX-License-Identifier: ISC */
#ifndef PID1_ACT_H
#define PID1_ACT_H

#include <stdbool.h>

#include "slot.h"

/* What the decisions of service.h do to processes, cgroups and descriptors. */

/* The part of a slot that is made once, at its place in s->slots. */
void act_prepare(struct supervisor *s, struct slot *slot);

/* Makes the cgroup and the main process in it; 0 or -errno. */
int act_start(struct supervisor *s, struct slot *slot);

/* SIGTERM or SIGABRT to the main process, and whatever it needs to notice. */
void act_signal(const struct slot *slot, int signal);

/* SIGKILL to its whole cgroup; true if nothing is left alive in it. */
bool act_kill(struct slot *slot);

/* Closes what only the main process that has ended could say anything through. */
void act_ended(struct slot *slot);

#endif
