/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_TOOLCHAIN_H
#define BUILDER_TOOLCHAIN_H

#include "../lib/sha256.h"

/* The lock boards' recipes build with, for one arch: recipes/toolchain-ARCH.lock. Its identity. */
void toolchain_identity(const char *arch, char identity[SHA256_HEX]);

/* Store path of the unpacked root; fetched, unpacked and published first if need be. */
char *toolchain_root(const char *arch);

/* The GNU triplet and kernel name for a board's arch: x86_64 -> x86_64-linux-gnu, x86. */
const char *toolchain_target(const char *arch);
const char *toolchain_kernel_arch(const char *arch);

#endif
