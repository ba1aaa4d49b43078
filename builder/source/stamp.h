/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_STAMP_H
#define BUILDER_STAMP_H

#include <time.h>

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

/* The same for dir's folders alone, where files have it from their making. */
int stamp_folders(const char *dir, struct error *e);

/* Both times for futimens(2). */
extern const struct timespec stamp_times[2];

#endif
