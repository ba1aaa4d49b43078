/* SPDX-License-Identifier: ISC */
#ifndef LIB_CONFIG_MOUNT_H
#define LIB_CONFIG_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct codec;

#define CONFIG_MOUNTS 8 /* at most: services name them by bits */

enum mount_check {
	CHECK_NONE,
	CHECK_REPAIR, /* e2fsck -p: what is safe to repair */
	CHECK_FORCE, /* and then, if that is not enough, e2fsck -y */
	MOUNT_CHECKS
};

enum {
	MOUNT_NOFAIL = 1 << 0, /* the device goes on without it */
	MOUNT_READ_ONLY = 1 << 1,
	MOUNT_EXEC = 1 << 2, /* programs may be run from it */
	MOUNT_NOATIME = 1 << 3,
	MOUNT_SYNC = 1 << 4,
	MOUNT_FLAGS = (1 << 5) - 1,
};

/* A line of [mounts] in board.ini. */
struct config_mount {
	const char *path; /* where */
	const char *device; /* below /dev, or PARTUUID=GUID */
	const char *type; /* as /proc/filesystems has it */
	const char *options; /* the file system's own, "" for none */
	uint8_t flags; /* MOUNT_ */
	uint8_t check; /* enum mount_check */
	uint64_t wait_ms; /* for the device to appear */
	uint64_t check_ms; /* for the check, and for the mount */
};

/* [entropy]: what the device's random numbers start from. */
struct config_seed {
	const char *path; /* "" for none */
	uint8_t credit; /* 1: counts as entropy if it was never used before */
	uint8_t mount; /* whose file system it is on */
};

void config_mount_visit(struct codec *c, struct config_mount *mount);
void config_seed_visit(struct codec *c, struct config_seed *seed);

/* True for what may name a device: a path below /dev, or PARTUUID= with something behind. */
bool config_is_device(const char *name);

/* What is wrong with it, or NULL; count is the number of mounts. */
const char *config_mount_fault(const struct config_mount *mount);
const char *config_seed_fault(const struct config_seed *seed, size_t count);

#endif
