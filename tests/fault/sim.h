/* SPDX-License-Identifier: ISC */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/block.h"

/*
 * A machine whose block devices lose power. Each sector written and each flush is a tick.
 * When the power fails, of what was written since a device's last flush any sectors are
 * there and any are not, as the seed has it, however they were ordered; every later call
 * fails. sim_power_on() goes on with what the media hold.
 */
#define SIM_DEVICES 4
#define SIM_NEVER   UINT64_MAX

struct sim_write {
	unsigned device;
	uint64_t sector;
	uint8_t data[BLOCK_SECTOR];
};

struct sim_device {
	struct block block; /* the first member */
	struct sim *sim;
	uint8_t *medium; /* what is durable */
	uint8_t *view; /* what a read sees */
};

struct sim {
	struct sim_device device[SIM_DEVICES];
	unsigned devices;
	struct sim_write *pending; /* since each device's last flush */
	size_t pending_count, pending_room;
	uint64_t tick, cut_at; /* the power fails at this tick */
	uint64_t fail_at; /* this tick fails with fail_with, the power stays */
	int fail_with;
	uint64_t seed;
	bool dead;
};

/* An empty machine that never fails. */
void sim_init(struct sim *sim);
void sim_free(struct sim *sim);

/* Adds a device of zeros; owned by the machine. */
struct block *sim_add(struct sim *sim, const char *name, uint64_t size);

/* Copies the media of another machine with the same devices, as after power-on. */
void sim_copy(struct sim *to, const struct sim *from);

/* The power comes back: reads see the media, ticks begin at 0, nothing is to fail. */
void sim_power_on(struct sim *sim);

/* The power fails at this tick from now on; the seed says what is lost. */
void sim_cut(struct sim *sim, uint64_t tick, uint64_t seed);

#endif
