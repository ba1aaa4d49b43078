/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_HOST_H
#define BUILDER_HOST_H

struct error;

/* QEMU's -accel for this host: $INGOT_ACCEL, else "tcg", which runs everywhere. */
const char *host_accelerator(void);

/*
 * Boots a guest of a few bytes by it: a device file alone proves nothing. 0, or -errno
 * with e: -ENOENT without QEMU or the device, -EACCES, -ETIMEDOUT when the guest never
 * came up.
 */
int host_try_accelerator(const char *accelerator, struct error *e);

/* Where a program is found by PATH, or NULL; the caller frees. */
char *host_program(const char *name);

/* "Debian GNU/Linux 12 (bookworm)", or "unknown"; the caller frees. */
char *host_distribution(void);

#endif
