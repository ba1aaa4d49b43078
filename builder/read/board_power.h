/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOARD_POWER_H
#define BUILDER_BOARD_POWER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/strlist.h"

struct board;
struct config;
struct error;
struct layers;

/* [watchdog], [reason] and [kexec] of a board; board(5). */
struct board_power {
	char *device; /* NULL: no watchdog */
	uint32_t timeout, boot_timeout; /* seconds */
	bool required;
	char *store; /* NULL: none */
	bool pstore;
	struct strlist loader; /* empty: no kexec */
	uint64_t loader_ms;
	bool at_boot; /* it runs as soon as the device is up: a launcher */
};

/* After the command line and [slots] are read, which have a say in it. 0 or -errno. */
int board_power_read(struct board *board, struct layers *layers, struct error *e);

/* The same for the device; points into the board. */
void board_power_compile(const struct board_power *power, struct config *config);

void board_power_free(struct board_power *power);

#endif
