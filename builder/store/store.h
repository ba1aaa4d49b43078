/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_STORE_H
#define BUILDER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/sha256.h"

/*
 * The content-addressed store, $INGOT_STORE:
 *   blob/SHA256        downloaded files, read-only
 *   tree/HASH/root/    results, read-only, every mtime STORE_EPOCH
 *   tree/HASH/index    what root/ holds; HASH is the SHA-256 of its canonical listing
 *   action/KEY         what came of a build: one line, the tree's hash
 *   work/              private folders of running builds, swept when their owner is gone
 *   log/               the last log of each step; time/: how long it took
 * Results appear by rename(2) after they are on disk; what is damaged is dropped and
 * built again. Two runs share a store safely. Errors that nobody can go on from end the
 * program (die).
 */
#define STORE_EPOCH 1767225600 /* 2026-01-01T00:00:00Z */

/* What a file looked like when its bytes were last read: equal again, they need no
 * reading. */
struct store_seen {
	uint64_t inode;
	int64_t ctime_ns;
	uint64_t xxh3[2]; /* XXH3-128 of a regular file's bytes: low, high */
};

struct store_file {
	char *path; /* relative to the root, no leading slash */
	mode_t mode; /* type and 0755 (folders, executables), 0644 (files) or 0777 (links)
		      */
	uint64_t size;
	char sha256[SHA256_HEX]; /* of a regular file's bytes or a link's target; "" for
				    folders */
	char *link; /* target of a symbolic link, else NULL */
	struct store_seen seen;
};

struct store_index {
	struct store_file *file; /* sorted by path as strcmp(3) compares */
	size_t count;
	struct store_seen top; /* of root/ itself */
	char *data; /* what the strings point into, when read from a file */
};

/* Opens options.store, made if missing; called once, before jobs are forked. */
void store_open(void);
const char *store_path(void); /* absolute */
/* The folder options.store, $INGOT_STORE, $XDG_CACHE_HOME/ingot or ~/.cache/ingot; not
 * made. */
char *store_default_path(void);

/* What action `key` came to: true and the tree's hash, if recorded and the tree is there.
 */
bool store_lookup(const char *key, char tree[SHA256_HEX]);
void store_record(const char *key, const char *tree);

/*
 * Path of tree/HASH/root, checked (stat first, bytes where that differs), once in a
 * process; false if it is not there, or damaged: then it is dropped with a warning, for
 * the caller to build again.
 */
bool store_tree(const char *tree, char **root);
void store_read_index(const char *tree, struct store_index *index);
void store_index_free(struct store_index *index);

/* Removes a tree; records that name it count for nothing from then on. */
void store_forget(const char *tree);

/*
 * Moves the folder `dir` (below store_work()) into the store; its tree hash. Modes become
 * 0444 or 0555, mtimes STORE_EPOCH; anything but files, folders and symbolic links is an
 * error.
 */
void store_publish(const char *dir, char tree[SHA256_HEX]);

/* A new private folder below work/, gone when this process ends. */
char *store_work(const char *label);

/* Removes the work folders whose owners are gone; store_open() and the end of its process
 * do. */
void store_sweep(void);

/* Path of a blob whose bytes match; false if not there. */
bool store_blob(const char *sha256, char **path);
/* Takes over the file at `path` (same file system) as blob; dies if its bytes do not
 * match. */
void store_add_blob(const char *path, const char *sha256);

/* Bytes that this user can still write to the store's file system. */
uint64_t store_free(void);

/*
 * Warns if the store's file system is full. A process that has work folders does it
 * before they go, if it ends with a failure.
 */
void store_warn_full(void);

#endif
