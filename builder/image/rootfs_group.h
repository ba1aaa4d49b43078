/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_ROOTFS_GROUP_H
#define BUILDER_ROOTFS_GROUP_H

#include <stddef.h>

struct rootfs;

/* The regular files that share one inode with an entry; indexes into rootfs->entry. */
struct rootfs_group {
	size_t first, last;
	size_t count; /* 1: no other file is equal */
};

/* One for each entry of a rootfs: files with the same bytes, mode and owner; never empty
 * ones. */
struct rootfs_groups {
	struct rootfs_group *of;
};

void rootfs_groups_find(struct rootfs_groups *groups, const struct rootfs *rootfs);
void rootfs_groups_free(struct rootfs_groups *groups);

#endif
