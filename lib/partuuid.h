/* SPDX-License-Identifier: ISC */
#ifndef LIB_PARTUUID_H
#define LIB_PARTUUID_H

#include <stdbool.h>
#include <stdint.h>

#include "gpt.h"
#include "partition.h"

struct error;

/*
 * Finds the partition that "PARTUUID=GUID" names, whatever the kernel calls its disk today.
 * Linux 6.12 tells GUIDs to nobody (block/partitions/core.c: its uevent has PARTN and
 * PARTNAME), so the tables of the disks that have partitions are read, each by a child with
 * a deadline: a disk that hangs keeps nobody from the others (partition.h).
 *
 * Where several have it, as when a disk was cloned: one on a disk that is fixed, before one
 * that can be pulled (removable, or behind USB), before one that only exists in memory or
 * in a file (loop, md, device mapper); among these the one whose path in /sys, so the
 * controller and its port, comes first. That does not depend on the order in which disks
 * are found.
 */
#define PARTUUID_PREFIX "PARTUUID="
#define PARTUUID_WANT	"want a partition's GUID behind " PARTUUID_PREFIX /* for messages */
#define PARTUUID_TEXT	(sizeof(PARTUUID_PREFIX) - 1 + GPT_GUID_TEXT)
#define PARTUUID_PATH	PARTITION_PATH
#define PARTUUID_NOTE	200
#define PARTUUID_FOLDER "/dev/disk/by-partuuid" /* udev(7)'s, with GUIDs in lower case */
#define PARTUUID_SILENT 4 /* disks that are given up for good */

/* Where to look; zeros but for ms suit a device. */
struct partuuid {
	const char *blocks; /* NULL: /sys/class/block */
	const char *nodes; /* NULL: /dev */
	unsigned ms; /* a disk may take to answer */
	char silent[PARTUUID_SILENT][32]; /* those that did not */
};

struct partuuid_found {
	char path[PARTUUID_PATH]; /* of the device, such as "/dev/sda1" */
	/* Who else has the GUID, and why not that one, for people; "" for nobody. */
	char note[PARTUUID_NOTE];
};

/* True for PARTUUID_PREFIX and whatever follows. */
bool partuuid_is(const char *name);

/* The GUID of a name; false if it has none. */
bool partuuid_parse(const char *name, uint8_t guid[GPT_GUID]);

/* Finds the partition of such a name. A node of the GUID in PARTUUID_FOLDER, which pid1
 * makes where a service's own /dev has no disks, is taken as it is. 0, -ENOENT where no
 * partition has the GUID, or -errno, both with e and no path. */
int partuuid_find(struct partuuid *where, const char *name, struct partuuid_found *found,
	struct error *e);

#endif
