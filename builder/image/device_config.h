/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_DEVICE_CONFIG_H
#define BUILDER_DEVICE_CONFIG_H

#include <stddef.h>
#include <stdint.h>

struct board;
struct error;
struct modinfo_loads;

/*
 * Compiles a board for pid1: the bytes of CONFIG_PATH (lib/config.h), which the caller
 * frees. cmdline: as /proc/cmdline must read, "" where any will do. 0 or -errno with e.
 */
int device_config(const struct board *board, const struct modinfo_loads *modules,
	const char *cmdline, uint8_t **data, size_t *size, struct error *e);

#endif
