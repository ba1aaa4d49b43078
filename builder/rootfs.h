/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_ROOTFS_H
#define BUILDER_ROOTFS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../lib/sha256.h"

struct board;
struct error;

/* One entry of the image's root file system. Strings are owned by the rootfs. */
struct rootfs_entry {
	char *path;    /* absolute, "/bin/sh" */
	mode_t mode;   /* type and permission bits */
	unsigned uid, gid;
	uint64_t size;
	char sha256[SHA256_HEX]; /* regular files */
	char *source;  /* host file that holds the bytes, or NULL: data */
	char *data;    /* the bytes, or a link's target */
	unsigned major, minor;   /* device nodes */
	char *recipe;  /* whose file it is; "" for the board's own */
	char *origin;  /* "file:line" of the declaration, for messages */
};

/* Sorted by path; parents before children; parents are added as 0755. */
struct rootfs {
	struct rootfs_entry *entry;
	size_t count, capacity;
};

void rootfs_init(struct rootfs *rootfs);
void rootfs_free(struct rootfs *rootfs);

/* Adds an entry; a path given twice is -EEXIST naming both origins. */
int rootfs_add(struct rootfs *rootfs, const struct rootfs_entry *entry, struct error *e);

/* Sorts, adds missing folders, /dev/console and the mount points; hashes what has no hash. */
int rootfs_finish(struct rootfs *rootfs, struct error *e);

/*
 * The rules of a root that boots: static ELF of the board's arch, /init there and executable,
 * services' programs there, modules' vermagic that of the kernel, it fits the board's memory.
 */
int rootfs_check(const struct rootfs *rootfs, const struct board *board, const char *vermagic,
	struct error *e);

#endif
