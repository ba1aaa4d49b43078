/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_DEB_H
#define BUILDER_DEB_H

#include <stddef.h>

struct error;

/* Part of every toolchain's identity: raised when unpacking leaves other files behind. */
#define DEB_LAYOUT 1

/*
 * Unpacks the files of a Debian binary package (deb(5)) into the current folder: usr and
 * etc only, merged (bin, sbin, lib* below usr), without documentation and translations,
 * set-id bits and owners. No maintainer script runs. 0, -EBADMSG for what no package of
 * ours holds, or -errno.
 */
int deb_unpack(const char *package, struct error *e);

/* Where a package's file goes ("./bin/sh" -> "usr/bin/sh"), or NULL if it is left out. */
char *deb_path(const char *path);

/* All of them into the folder dir by `jobs` processes at once; dies. */
void deb_unpack_all(char *const *package, size_t count, const char *dir, unsigned jobs);

#endif
