/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_ROOTFS_H
#define BUILDER_ROOTFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/sha256.h"

struct board;
struct elf_input;
struct error;

/* One entry of the image's root file system. Strings are owned by the rootfs. */
struct rootfs_entry {
	char *path; /* absolute, "/bin/sh" */
	mode_t mode; /* type and permission bits */
	unsigned uid, gid;
	uint64_t size; /* of a regular file's bytes or a link's target */
	char sha256[SHA256_HEX]; /* regular files; whoever gives it gives size too */
	char *source; /* host file that holds the bytes, or NULL: data */
	char *data; /* the size bytes, or a link's target */
	unsigned major, minor; /* device nodes */
	char *recipe; /* whose file it is; "" for the board's own */
	char *origin; /* "file:line" of the declaration; NULL: the builder itself */
};

/* Sorted by path (strcmp), so parents come before children; they are added as 0755. */
struct rootfs {
	struct rootfs_entry *entry;
	size_t count, capacity;
	size_t *slot; /* hash table by path: index + 1, 0 is free */
	size_t slot_count;
};

void rootfs_init(struct rootfs *rootfs);
void rootfs_free(struct rootfs *rootfs);

/*
 * Adds a copy of an entry. A path given twice is -EEXIST naming both origins, except for
 * a folder that both declare alike; a path that is not absolute and normal is -EINVAL.
 */
int rootfs_add(struct rootfs *rootfs, const struct rootfs_entry *entry, struct error *e);

/*
 * Sorts, adds missing folders, /dev/console and the mount points (/dev /proc /run /sys
 * /tmp); hashes what has no hash. May be called again after more was added. Refuses an
 * entry below something that is no folder.
 */
int rootfs_finish(struct rootfs *rootfs, struct error *e);

/* The entry of exactly this path, or NULL. Valid until the next add or finish. */
const struct rootfs_entry *rootfs_get(const struct rootfs *rootfs, const char *path);

/* The entry that the path leads to as the device will see it, links followed; or NULL. */
const struct rootfs_entry *rootfs_find(const struct rootfs *rootfs, const char *path);

/* True for a regular file named *.ko. */
bool rootfs_is_module(const struct rootfs_entry *entry);

/* A regular file's bytes for elf.h; rootfs_close() afterwards. 0 or -errno with e. */
int rootfs_open(const struct rootfs_entry *entry, struct elf_input *in, struct error *e);
void rootfs_close(struct elf_input *in);

/* What was found in an entry's bytes, with who put it in the image and its path before
 * it; returns r. */
int rootfs_blame(const struct rootfs_entry *entry, int r, const struct error *why,
	struct error *e);

/* Bytes its files take in a tmpfs: whole pages, equal files once. Finished rootfs only.
 */
uint64_t rootfs_tmpfs_size(const struct rootfs *rootfs);

/* "/bin/busybox 1.0 MiB, /bin/hello 25 KiB": the `most` largest files. The caller frees.
 */
char *rootfs_largest(const struct rootfs *rootfs, size_t most);

/*
 * The rules of a root that boots: static ELF of the board's arch or a script whose
 * interpreter is there, /init there and executable, services' programs there, modules for
 * this kernel (vermagic; "" for a kernel without modules).
 */
int rootfs_check(const struct rootfs *rootfs, const struct board *board,
	const char *vermagic, struct error *e);

#endif
