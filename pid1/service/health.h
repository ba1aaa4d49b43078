/* SPDX-License-Identifier: ISC */
#ifndef PID1_HEALTH_H
#define PID1_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config_health.h"

/*
 * Whether this boot is a good one, as a pure machine: how the critical services are in,
 * verdict out. care.c feeds it and does what follows.
 *
 *   TRIAL  every critical service up for the whole trial time: GOOD
 *   TRIAL  not all up, and the deadline since the kernel's start over: BAD
 *   GOOD   not all up for as long as the deadline: BAD
 *   both   one of them has failed for good, or used up its starts: BAD
 *   BAD    stays so
 */
enum health_phase { HEALTH_TRIAL, HEALTH_GOOD, HEALTH_BAD };

#define HEALTH_NEVER UINT64_MAX
#define HEALTH_WHY   200 /* bytes of a reason, with the NUL */
/* From BAD to the end of the orderly stop, the command's own time not counted: past it
 * the watchdog may bite. */
#define HEALTH_STOP_MS 90000

struct health {
	enum health_phase phase;
	uint64_t up_ms; /* since when all are up, HEALTH_NEVER: they are not */
	uint64_t down_ms; /* since when they are not */
	uint64_t bad_ms; /* when it became BAD */
	unsigned starts; /* of the critical services, when up_ms was set */
	char why[HEALTH_WHY]; /* BAD: the reason, printable */
};

/* How the critical services are now. */
struct health_view {
	bool up; /* all of them, and the boot is complete */
	unsigned starts; /* of their processes, in all: a restart nobody saw shows here */
	const char *missing, *state; /* one that is not up, and what it is doing */
	const char *dead, *result; /* one that is beyond recovery, and how it ended */
};

/* Before the first step. */
void health_init(struct health *health);

/* One look; now_ms is monotonic. True if the phase has changed. */
bool health_step(struct health *health, const struct config_health *config,
	const struct health_view *view, uint64_t now_ms);

/* When to look again though nothing happens; HEALTH_NEVER: then there is no need. */
uint64_t health_due(const struct health *health, const struct config_health *config);

/* True while the hardware watchdog may be fed: no critical service is beyond its recovery
 * budget, or what follows from that has not had its time yet. */
bool health_may_feed(
	const struct health *health, const struct config_health *config, uint64_t now_ms);

/* "trial", "healthy", "unhealthy" */
const char *health_name(enum health_phase phase);

#endif
