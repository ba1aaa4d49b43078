/* SPDX-License-Identifier: ISC */
#ifndef PID1_LIMIT_H
#define PID1_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_limits;

/* The controllers of cgroup v2 that limits need, as bits; by limit_controller_name(). */
enum limit_controller {
	LIMIT_MEMORY = 1 << 0,
	LIMIT_PIDS = 1 << 1,
	LIMIT_CPU = 1 << 2,
	LIMIT_IO = 1 << 3,
	LIMIT_CPUSET = 1 << 4,
};

#define LIMIT_CONTROLLERS 5
#define LIMIT_FILES	  8
#define LIMIT_TEXT	  512 /* bytes of the longest value, a list of processors */

/* "memory" for the index of a bit, 0 to LIMIT_CONTROLLERS - 1. */
const char *limit_controller_name(size_t index);

/* "critical": the folder of a slice (enum service_slice) below the cgroup root. */
const char *limit_slice_name(uint8_t slice);

/*
 * What the index-th file (of LIMIT_FILES) of a service's cgroup must say, as
 * Documentation/admin-guide/cgroup-v2.rst has it: its name in *file. False: nothing was
 * asked for, and it stays as the kernel made it.
 */
bool limit_text(const struct config_limits *limits, size_t index, const char **file,
	char text[LIMIT_TEXT]);

/* The controllers that these limits need, as bits. */
unsigned limit_needs(const struct config_limits *limits);

/* The bits of the controllers named in the text of cgroup.controllers. */
unsigned limit_controllers(const char *text);

#endif
