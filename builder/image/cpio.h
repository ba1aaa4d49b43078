/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_CPIO_H
#define BUILDER_CPIO_H

#include <stdint.h>
#include <sys/types.h>

struct error;
struct rootfs;

/*
 * Writes the newc archive (Documentation/driver-api/early-userspace/buffer-format.rst) of
 * a finished rootfs to fd, in its order: inode numbers from 1, mtimes epoch, owners as
 * declared, hard links for equal files (their bytes stand with the last name, as
 * gen_init_cpio and GNU cpio write them). *size: bytes written. 0 or -errno with e naming
 * the file.
 */
int cpio_write(int fd, const struct rootfs *rootfs, uint32_t epoch, uint64_t *size,
	struct error *e);

#endif
