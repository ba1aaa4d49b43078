/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_RAM_H
#define BUILDER_RAM_H

#include <stdbool.h>
#include <stdint.h>

struct error;

/* What decides whether an image starts in a board's memory; bytes. */
struct ram_need {
	const char *file; /* board.ini, for messages */
	const char *largest; /* rootfs_largest(), for messages */
	const char *cmdline; /* initramfs_options=size= counts */
	uint64_t ram; /* the board's floor */
	uint64_t init_size; /* of the kernel while it starts (kit) */
	uint64_t image; /* the bzImage */
	uint64_t files; /* rootfs_tmpfs_size() */
	bool kexec; /* the image is also started by kexec, from one like it */
};

/*
 * 0, or -ENOSPC with e where one of these exceeds the floor:
 *   boot   init_size + image + files: the boot loader holds the image while the kernel
 * unpacks itself and its files tmpfs  files, in the share of memory that the root's tmpfs
 * may take (half, or what initramfs_options=size= says) of what the kernel leaves: ram -
 * init_size - ram / 64 (struct page) kexec  init_size + files of the running system, 2 *
 * image (the file, and the segments made of it), init_size of the next one
 */
int ram_check(const struct ram_need *need, struct error *e);

/* Bytes of `left` that the root's tmpfs may fill under this command line; UINT64_MAX:
 * all. */
uint64_t ram_tmpfs_limit(const char *cmdline, uint64_t left);

#endif
