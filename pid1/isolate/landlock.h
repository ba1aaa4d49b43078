/* SPDX-License-Identifier: ISC */
#ifndef PID1_LANDLOCK_H
#define PID1_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct config_isolation;

/* The kernel's Landlock ABI version, or 0 without Landlock. */
int landlock_abi(void);

/* Pure: all the accesses to files that this ABI can forbid. */
uint64_t landlock_handled(int abi);

/* Pure: what of them is allowed below a path. */
uint64_t landlock_allowed(int abi, bool writable, bool folder);

/*
 * In the child, its view entered and still privileged: a ruleset over its binds, /dev and
 * /tmp. A descriptor for landlock_enter(), or -errno. *failed is the bind it failed at.
 */
int landlock_prepare(const struct config_isolation *isolation, int32_t *failed);

/* From here on nothing else is reachable; needs no_new_privs. 0 or -errno. */
int landlock_enter(int ruleset_fd);

#endif
