/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOARD_HEALTH_H
#define BUILDER_BOARD_HEALTH_H

#include <stdint.h>

#include "lib/strlist.h"

struct board;
struct config_health;
struct error;
struct layers;

/* A board's [health]; board(5). */
struct board_health {
	uint64_t trial_ms, deadline_ms, timeout_ms;
	struct strlist healthy, unhealthy; /* words of the commands */
};

/* 0 or -errno with e. */
int board_health_read(struct board *board, struct layers *layers, struct error *e);
void board_health_free(struct board_health *health);

/* For pid1; the words stay the board's. */
void board_health_compile(const struct board_health *from, struct config_health *to);

#endif
