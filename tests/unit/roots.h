/* SPDX-License-Identifier: ISC */
#ifndef TESTS_ROOTS_H
#define TESTS_ROOTS_H

#include "scratch.h"

#include "builder/image/rootfs.h"

/* Adds to a rootfs what a test needs; each says so if the rootfs refuses it. */
static inline int
roots_try(struct rootfs *rootfs, const char *path, mode_t mode, const void *data,
	size_t size, struct error *e)
{
	char *path_copy = strdup(path), *data_copy = calloc(1, size + 1);
	char recipe[] = "r", origin[] = "recipes/r/recipe.ini:7";
	struct rootfs_entry entry = {.path = path_copy,
		.mode = mode,
		.size = size,
		.data = data_copy,
		.recipe = recipe,
		.origin = origin};
	int r;

	assert_non_null(path_copy);
	assert_non_null(data_copy);
	if (size > 0)
		memcpy(data_copy, data, size);
	r = rootfs_add(rootfs, &entry, e);
	free(path_copy);
	free(data_copy);
	return r;
}

static inline void
roots_bytes(struct rootfs *rootfs, const char *path, mode_t mode, const void *data,
	size_t size)
{
	struct error e = {.text = ""};

	if (roots_try(rootfs, path, mode, data, size, &e) < 0)
		fail_msg("%s", e.text);
}

static inline void
roots_text(struct rootfs *rootfs, const char *path, mode_t mode, const char *text)
{
	roots_bytes(rootfs, path, S_IFREG | mode, text, strlen(text));
}

static inline void
roots_link(struct rootfs *rootfs, const char *path, const char *target)
{
	roots_bytes(rootfs, path, S_IFLNK | 0777, target, strlen(target));
}

/* A file whose bytes stand on the host. */
static inline void
roots_source(struct rootfs *rootfs, const char *path, mode_t mode, const char *source)
{
	char *path_copy = strdup(path), *source_copy = strdup(source);
	char origin[] = "recipes/r/recipe.ini:7";
	struct rootfs_entry entry = {.path = path_copy,
		.mode = S_IFREG | mode,
		.source = source_copy,
		.origin = origin};
	struct error e = {.text = ""};

	if (rootfs_add(rootfs, &entry, &e) < 0)
		fail_msg("%s", e.text);
	free(path_copy);
	free(source_copy);
}

static inline void
roots_finish(struct rootfs *rootfs)
{
	struct error e = {.text = ""};

	if (rootfs_finish(rootfs, &e) < 0)
		fail_msg("%s", e.text);
}

#endif
