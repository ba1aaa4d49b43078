/* SPDX-License-Identifier: ISC */
#ifndef PID1_TIMELINE_H
#define PID1_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * When each step of this boot was, for `svc timeline`. The first TIMELINE_STEPS are kept
 * and nothing later: it is the boot that is looked at.
 */
#define TIMELINE_STEPS 1024

struct timeline_step {
	uint64_t
		time_us; /* CLOCK_MONOTONIC, which starts with the kernel's timekeeping */
	const char *what, *name, *event;
};

/* All three must stay: string constants, and names in the config. */
void timeline_mark(const char *what, const char *name, const char *event);

/* The step at the index, NULL behind the last one. */
const struct timeline_step *timeline_at(size_t index);

#endif
