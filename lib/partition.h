/* SPDX-License-Identifier: ISC */
#ifndef LIB_PARTITION_H
#define LIB_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#include "gpt.h"

/*
 * A partition that the kernel has, as sysfs shows it, and the GUID that the table of its
 * disk gives it. No memory is allocated.
 */
#define PARTITION_NAME 32 /* bytes of a device's name in sysfs */
#define PARTITION_LINK 256
#define PARTITION_PATH 80 /* bytes of a node's path */

/* What it is on; whatever stands first is the better home for what outlives a boot. */
enum partition_rank {
	PARTITION_FIXED,
	PARTITION_REMOVABLE, /* can be pulled: says so, or is behind USB */
	PARTITION_VIRTUAL, /* in memory, in a file, or on other disks: loop, md, dm */
};

struct partition {
	char name[PARTITION_NAME], disk[PARTITION_NAME];
	char link[PARTITION_LINK]; /* where it is attached: controller, port */
	enum partition_rank rank;
	uint64_t number, start, sectors; /* of 512 bytes */
	uint64_t disk_sectors;
	uint32_t block_size; /* of the disk, bytes */
};

/* The device of that name in the folder /sys/class/block; false if it is no partition. */
bool partition_read(struct partition *p, int folder, const char *name);

/* 1 or 0: whether the table of its disk, in the folder /dev or one in its place, has it under
 * that GUID, with the same number, start and size. A child asks, since the disk may hang:
 * -ETIMEDOUT if it did not answer, or -errno. */
int partition_has_guid(const struct partition *p, const char *nodes,
	const uint8_t guid[GPT_GUID], unsigned ms);

/* The path of a node: what is a slash there is an exclamation mark in sysfs. */
void partition_path(const char *nodes, const char *name, char path[PARTITION_PATH]);

#endif
