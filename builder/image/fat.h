/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_FAT_H
#define BUILDER_FAT_H

#include <stdint.h>

/*
 * A FAT32 file system with one file, contiguous, which UEFI firmware starts: \INGOT.EFI,
 * as an EFI slot begins with, or \EFI\BOOT\BOOTX64.EFI, which is looked for where no boot
 * entry is left. It has no date, nothing else, and equal bytes wherever it is made; what
 * lies behind the file's last sector is free and not written. The format is Microsoft's
 * "FAT32 File System Specification" 1.03, to which UEFI 2.10, 13.3 refers.
 */
#define FAT_FILE_MOST (UINT64_C(1) << 30) /* bytes of the file */

enum fat_place { FAT_SLOT, FAT_FALLBACK };

struct fat_plan {
	uint32_t folders; /* below the root, one in the other */
	uint32_t clusters; /* of one sector each */
	uint32_t table; /* sectors of one of the two tables */
	uint32_t reserved; /* sectors before the first table */
	uint64_t file_at; /* bytes; whole pages of 4 KiB */
	uint64_t size; /* bytes up to the end of the file's last sector */
	uint64_t volume; /* bytes that the file system has in all */
};

/* What a file of that many bytes (1 to FAT_FILE_MOST) comes to. */
void fat_plan(struct fat_plan *plan, enum fat_place place, uint64_t file_size);

/* Writes plan->size bytes to an empty file; from: the file's bytes, read from where it
 * stands. Dies; name: for messages. */
void fat_write(const struct fat_plan *plan, int fd, const char *name, int from,
	uint64_t file_size);

#endif
