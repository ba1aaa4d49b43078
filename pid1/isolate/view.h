/* SPDX-License-Identifier: ISC */
#ifndef PID1_VIEW_H
#define PID1_VIEW_H

#include <stdint.h>

struct config_service;

/* The place that views are built in: a small tmpfs. Once, behind the mount of /run. */
void view_setup(void);

/*
 * In the child, in a mount namespace of its own: makes its binds, devices and /tmp its
 * root, and lets go of the device's. 0 or -errno; *failed is then the index of the bind
 * or (from CONFIG_BINDS on) device that it was at, or -1.
 */
int view_enter(const struct config_service *service, int32_t *failed);

#endif
