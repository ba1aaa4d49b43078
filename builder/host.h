/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_HOST_H
#define BUILDER_HOST_H

/* QEMU's -accel for this host: $INGOT_ACCEL, else "tcg", which runs everywhere. */
const char *host_accelerator(void);

#endif
