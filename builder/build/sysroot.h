/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SYSROOT_H
#define BUILDER_SYSROOT_H

#include <stdbool.h>
#include <stddef.h>

/* A build dependency: its tree in the store, seen in the sandbox as /deps/NAME. */
struct sysroot_part {
	const char *name;
	const char *root;
};

/*
 * Fills the empty folder dir with the union of the parts as symbolic links into /deps,
 * folded: a folder that only one part has is one link. A file that two parts have is an
 * error naming both (dies). True if the union has a libc of its own (lib/gcc.specs).
 */
bool sysroot_make(const char *dir, const struct sysroot_part *part, size_t count);

#endif
