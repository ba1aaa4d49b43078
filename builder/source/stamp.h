/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_STAMP_H
#define BUILDER_STAMP_H

struct error;

/* The mtime of every file of a source tree: 2026-01-01T00:00:00Z. */
#define STAMP_EPOCH 1767225600

/*
 * Gives everything below the folder dir one mtime and a plain mode: 0755 for folders and
 * for what its owner may execute, else 0644. One mtime for all, since make rebuilds only
 * what is *older* than its source: a shipped configure or parser is not made again. 0 or
 * -errno.
 */
int stamp_tree(const char *dir, struct error *e);

#endif
