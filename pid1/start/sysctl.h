/* SPDX-License-Identifier: ISC */
#ifndef PID1_SYSCTL_H
#define PID1_SYSCTL_H

#include <stdbool.h>
#include <stdint.h>

/* What the kernel's network should do and not do: no redirects, no source routes, reverse
 * path checked; pid1(8). For all links, before the first is up. */
void sysctl_network(bool forward);

/* The same for one link, with its LINK_ flags. */
void sysctl_link(const char *name, uint8_t flags, bool forward);

#endif
