/* SPDX-License-Identifier: ISC */
#ifndef PID1_MODULE_H
#define PID1_MODULE_H

#include <stdbool.h>

struct config;

/* Loads the kernel modules in the order of the config; one that fails is logged and
 * passed over. */
void module_load_all(const struct config *config);

/* True if the kernel takes no module any more. */
bool module_locked(void);

#endif
