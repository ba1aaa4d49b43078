/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_EFI_DISK_H
#define ROLLBACK_EFI_DISK_H

struct error;
struct gpt_partition;

/* The partition that a device node such as /dev/sda1 stands for, as the kernel and the
 * disk's GPT say it; 0 or -errno with e. */
int efi_disk_partition(
	const char *device, struct gpt_partition *partition, struct error *e);

#endif
