/* SPDX-License-Identifier: ISC */
#ifndef TESTS_WALK_H
#define TESTS_WALK_H

#include "rollback/device.h"
#include "rollback/install.h"
#include "sim.h"

#define WALK_IMAGES  5
#define WALK_UNIT    4096
#define WALK_HISTORY 16384 /* bytes */

/* An update file in memory. */
struct walk_update {
	uint8_t *bytes;
	size_t size;
	struct release release;
};

/* A device on simulated media, and what its updater wants. */
struct walk {
	struct sim sim;
	struct device device;
	struct walk_update update[WALK_IMAGES]; /* by version - 1 */
	uint8_t running;
	unsigned goal; /* how far the walk is */
	/* What was seen durable once, and must never be less. */
	uint64_t floor, told;
	bool refused[WALK_IMAGES];
	unsigned boots, steps;
	unsigned long resumed; /* installs that went on, in all */
};

/* Makes keys and images, and a device on which version 1 is confirmed and runs. */
void walk_init(struct walk *walk);
void walk_free(struct walk *walk);

/* Offers an update; as install_run(), *why is its message. */
int walk_install(struct walk *walk, uint64_t version, const char **why);

/* The launcher: a verdict on an open attempt, then what boots. NULL or what is wrong. */
const char *walk_boot(struct walk *walk, bool evidence);

/*
 * One action of the updater towards its goal: v2 confirmed by kexec and a cold start, v3
 * proved bad, v4 staged, armed and disarmed, v5 confirmed by kexec, then v2 run again by
 * revert, a repair and a scrub. False once there is nothing left to do.
 */
bool walk_step(struct walk *walk);

#endif
