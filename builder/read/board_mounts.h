/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOARD_MOUNTS_H
#define BUILDER_BOARD_MOUNTS_H

#include <stddef.h>

#include "lib/config_mount.h"
#include "lib/strlist.h"

#define BOARD_FSCK "/sbin/e2fsck"

struct board;
struct error;
struct layers;

/* [mounts] and [entropy] of a board. Strings are in `kept`. */
struct board_mounts {
	struct config_mount mount[CONFIG_MOUNTS];
	const char *origin[CONFIG_MOUNTS]; /* "FILE:LINE" */
	size_t count;
	struct config_seed seed;
	struct strlist kept;
};

/* After the services are read, which are told which mounts they need. 0 or -errno. */
int board_read_mounts(struct board *board, struct layers *layers, struct error *e);

#endif
