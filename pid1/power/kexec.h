/* SPDX-License-Identifier: ISC */
#ifndef PID1_KEXEC_H
#define PID1_KEXEC_H

#include <stdbool.h>

struct config;

/*
 * The jump into another kernel: the board's loader verifies an image and loads it while
 * the services still run; only its exit status 0 and a loaded image lead to the jump. The
 * kernel grants one load, so that what is loaded at the loader's success is its own.
 */

/* Once; the config must stay. over() is told when the loader has ended: NULL, or why the
 * restart is to be an ordinary one. */
void kexec_init(const struct config *config, void (*over)(const char *why));

/* True if the board names a loader. */
bool kexec_offered(void);

/* Drops whatever is loaded and starts the loader for the slot, "" for the loader's own
 * choice; NULL, or why not, in which case nothing has happened. */
const char *kexec_begin(const char *slot);

/* True if an image is loaded. */
bool kexec_loaded(void);

#endif
