/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_PATCH_H
#define BUILDER_PATCH_H

struct recipe;

/*
 * Both run GNU patch in the sandbox, from the pinned toolchain, over the unpacked source
 * in dir, and die naming the patch and saying what patch said. patch_series() applies
 * what debian/debian/patches/series lists (deb-src-files as dpkg-source(1), format 3.0
 * (quilt) has it); patch_files() the recipe's own patches, -p1, in order.
 */
void patch_series(const struct recipe *recipe, const char *dir, const char *debian);
void patch_files(const struct recipe *recipe, const char *dir);

#endif
