/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_CPIO_H
#define BUILDER_CPIO_H

#include <stdint.h>
#include <sys/types.h>

struct error;
struct rootfs;

/*
 * Writes the newc archive (Documentation/driver-api/early-userspace/buffer-format.rst) of a
 * rootfs to fd, in its order, inode numbers counted from 1, mtimes epoch, owners as declared, hard
 * links for equal files (the bytes with the last name, as the kernel wants). *size: bytes written.
 */
int cpio_write(int fd, const struct rootfs *rootfs, uint32_t epoch, uint64_t *size,
	struct error *e);

#endif
