/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_UNPACK_PARTS_H
#define BUILDER_UNPACK_PARTS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/strlist.h"

struct archive;
struct archive_entry;
struct error;

/* What the files of unpack.c share; nobody else includes this. */

#define UNPACK_BYTES (UINT64_C(4) << 30)

/*
 * libarchive reads; the writing is ours, since every name is walked from the root
 * folder's descriptor without following a link (openat, O_NOFOLLOW), which its disk
 * writer does not do.
 */
struct unpack {
	const char *file; /* the archive, as messages name it */
	struct archive *archive;
	struct error *e;
	bool strip;
	char top[NAME_MAX + 1]; /* the folder left out, "" until the first entry */
	const struct strlist *only; /* patterns, or NULL: everything */
	bool *found; /* by pattern: something matched it */
	int fd, root;
	int parent; /* descriptor of the folder of the last entry, or -1 */
	char parent_name[PATH_MAX];
	uint64_t bytes, entries;
};

/* -EBADMSG with archive and entry; bytes that could drive a terminal are shown as "?". */
__attribute__((format(printf, 3, 4))) int unpack_refuse(
	struct unpack *u, const char *entry, const char *format, ...);

/* -errno with archive, entry and what could not be done. */
int unpack_failed(struct unpack *u, const char *entry, const char *what);

/* -EBADMSG with what libarchive says; entry may be NULL. */
int unpack_read_failed(struct unpack *u, const char *entry);

/* Counts what the archive came to so far, and `size` bytes of the open entry. */
int unpack_check_bomb(struct unpack *u, const char *entry, uint64_t size);

/*
 * Copies the parts of raw that name something, without "." and doubled slashes, into
 * name. 0 or -EBADMSG.
 */
int unpack_name(struct unpack *u, const char *raw, char name[PATH_MAX]);

/* Leaves out the top folder. 1: the entry is that folder itself. */
int unpack_strip_top(struct unpack *u, char name[PATH_MAX], bool folder);

/* True if this name is to be unpacked, which it is without patterns. */
bool unpack_wanted(const struct unpack *u, const char *name);

/* u->parent becomes the folder called name, "" for the root. No link is followed. */
int unpack_enter(struct unpack *u, const char *entry, const char *name);

/* Make the open entry, or a second name for one before it. 0 or -errno. */
int unpack_put_file(struct unpack *u, const char *name, struct archive_entry *entry);
int unpack_put_symlink(struct unpack *u, const char *name, struct archive_entry *entry);
int unpack_put_hardlink(struct unpack *u, const char *name, const char *raw);

#endif
