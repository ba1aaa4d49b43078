/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_EFI_DISK_H
#define ROLLBACK_EFI_DISK_H

#include "efi_entry.h"

struct error;

/*
 * A GPT (UEFI 2.10, 5.3): head is the disk's block at EFI_GPT_HEAD, of which the place and
 * the size of an entry are taken; false if it is none, or has no such partition.
 */
#define EFI_GPT_HEAD 1 /* logical block */

bool efi_gpt_find(const uint8_t *head, size_t size, uint32_t partition, uint64_t *block,
	uint32_t *skip, uint32_t block_size);

/* One entry of it, EFI_GPT_ENTRY bytes; false if it is empty. */
#define EFI_GPT_ENTRY 128
bool efi_gpt_partition(
	const uint8_t entry[EFI_GPT_ENTRY], struct efi_partition *partition);

/* The partition that a device node such as /dev/sda1 stands for, as the kernel and the
 * disk's GPT say it; 0 or -errno with e. */
int efi_disk_partition(
	const char *device, struct efi_partition *partition, struct error *e);

#endif
