/* SPDX-License-Identifier: ISC */
#ifndef PID1_CARE_H
#define PID1_CARE_H

#include <stdint.h>

#include "slot.h"

/*
 * What follows from the services' health: the board's commands, and the machine's end.
 * For supervise.c.
 */
void care_init(const struct supervisor *s);

/* Looks at the critical services; sets s->wish when the machine has to end. */
void care_advance(struct supervisor *s, uint64_t now_ms);

/* When care_advance() has something to do though nothing happens. */
uint64_t care_deadline(const struct supervisor *s);

#endif
