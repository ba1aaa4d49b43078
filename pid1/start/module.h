/* SPDX-License-Identifier: ISC */
#ifndef PID1_MODULE_H
#define PID1_MODULE_H

struct config;

/* Loads the kernel modules in the order of the config; one that fails is logged and
 * passed over. */
void module_load_all(const struct config *config);

#endif
