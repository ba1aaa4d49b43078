/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_CAPABILITY_H
#define BUILDER_CAPABILITY_H

#include <stdint.h>

/* CAP_CHOWN to CAP_CHECKPOINT_RESTORE. */
#define CAPABILITY_ALL (((uint64_t)1 << 41) - 1)

/* The number of "CAP_NET_RAW" by capabilities(7), or -1. */
int capability_number(const char *name);

#endif
