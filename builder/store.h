/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_STORE_H
#define BUILDER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../lib/sha256.h"

/*
 * The content-addressed store, $INGOT_STORE:
 *   blob/SHA256        downloaded files, read-only
 *   tree/HASH/root/    results, read-only, every mtime SOURCE_DATE_EPOCH
 *   tree/HASH/index    what root/ holds; HASH is the SHA-256 of its canonical listing
 *   action/KEY         what came of a build: one line, the tree's hash
 *   work/              private folders of running builds, swept when their owner is gone
 *   log/               the last log of each step; time/: how long it took
 * Results appear by rename(2) after fsync; what is damaged is dropped and built again. Two runs
 * share a store safely. Errors that nobody can go on from end the program (die).
 */
struct store_file {
	char *path;   /* relative to the root, no leading slash */
	mode_t mode;  /* type and permission bits */
	uint64_t size;
	char sha256[SHA256_HEX]; /* of a regular file's bytes or a link's target; "" for folders */
	char *link;   /* target of a symbolic link, else NULL */
};

struct store_index {
	struct store_file *file; /* sorted by path as strcmp(3) compares */
	size_t count;
};

/* Opens options.store, made if missing; called once, before jobs are forked. */
void store_open(void);
const char *store_path(void);

/* What action `key` came to: true and the tree's hash, if recorded and the tree is there. */
bool store_lookup(const char *key, char tree[SHA256_HEX]);
void store_record(const char *key, const char *tree);

/* Path of tree/HASH/root, checked (stat first, bytes where that differs); false if unusable. */
bool store_tree(const char *tree, char **root);
void store_read_index(const char *tree, struct store_index *index);
void store_index_free(struct store_index *index);

/* Moves the folder `dir` (below store_work()) into the store; its tree hash. */
void store_publish(const char *dir, char tree[SHA256_HEX]);

/* A new private folder below work/, gone when this process ends. */
char *store_work(const char *label);

/* Path of a blob whose bytes match; false if not there. */
bool store_blob(const char *sha256, char **path);
/* Takes over the file at `path` (same file system) as blob; dies if its bytes do not match. */
void store_add_blob(const char *path, const char *sha256);

#endif
