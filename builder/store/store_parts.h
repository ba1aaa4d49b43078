/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_STORE_PARTS_H
#define BUILDER_STORE_PARTS_H

#include "store.h"

struct error;

/* What the files of the store module share; everybody else includes store.h. */

/* Dies as "STORE/name: what: why" for this errno; ENOSPC also says how much is free and
 * where. */
_Noreturn void store_die(const char *name, const char *what, int code);

/* A path below the store, as xasprintf does. */
char *store_file_path(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Removes work folder (and its lock) before this process ends. */
void store_work_drop(const char *dir);

/* One process at a time between them: for a second look before a tree is dropped or
 * placed. */
int store_lock(void);
void store_unlock(int lock);

/* Takes tree/HASH out of sight by a rename, then removes it. 0 or -errno. */
int store_drop_tree(const char *tree);

/* Is tree/HASH what its index says? 0; -ENOENT if not there; -EBADMSG with the damage in
 * e. */
int store_check(const char *tree, struct error *e);

/* tree/HASH/index from memory: 0 or -errno; store_index_free() in either case. */
int store_index_parse(
	struct store_index *index, const char *data, size_t size, struct error *e);
int store_index_read(struct store_index *index, const char *tree, struct error *e);

/* The bytes of an index file; the caller frees. 0 or -ENOMEM. */
int store_index_encode(const struct store_index *index, uint8_t **data, size_t *size);

/* SHA-256 of the canonical listing: what names a tree. 0 or -ENOMEM. */
int store_index_hash(const struct store_index *index, char hex[SHA256_HEX]);

/* Reads fd to its end: SHA-256 (hex may be NULL), XXH3-128 and the size. 0 or -errno. */
int store_hash_fd(int fd, char *hex, uint64_t xxh3[2], uint64_t *size);

struct stat;
int64_t store_ctime_ns(const struct stat *st);

/* Sets the mode and mtime that a published file has. 0 or -errno. */
int store_normalise(int dirfd, const char *path, mode_t mode);

#endif
