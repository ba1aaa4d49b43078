/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_TOOLCHAIN_H
#define BUILDER_TOOLCHAIN_H

#include "lib/sha256.h"

struct package_lock;

/*
 * Identity of what the recipes of an arch are built with: the packages and links of
 * recipes/toolchain/ARCH.lock. Nothing is downloaded. Dies if there is no such toolchain.
 */
void toolchain_identity(const char *arch, char identity[SHA256_HEX]);

/* Store path of the unpacked root; fetched, unpacked and published first if need be. */
char *toolchain_root(const char *arch);

/* The GNU triplet and kernel name for a board's arch: x86_64 -> x86_64-linux-gnu, x86. */
const char *toolchain_target(const char *arch);
const char *toolchain_kernel_arch(const char *arch);

/* Debian's name of the arch: x86_64 -> amd64. */
const char *toolchain_debian_arch(const char *arch);

/* recipes/toolchain/NAME of the built-in tree. */
char *toolchain_file(const char *name);

/* recipes/toolchain/NAME.lock, read; dies if it is missing or wrong. */
const struct package_lock *toolchain_lock(const char *name);

/* Brings every package of a lock into the store. Dies. */
void toolchain_fetch(const struct package_lock *lock);

/* Store path of a lock's packages, unpacked into one root. */
char *toolchain_unpacked(const struct package_lock *lock);

#endif
