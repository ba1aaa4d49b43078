/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_LOCK_TOOLCHAIN_H
#define BUILDER_LOCK_TOOLCHAIN_H

#include <stdbool.h>

/*
 * Resolves recipes/toolchain/packages.ini against its suites' signed indexes and writes
 * ARCH.lock and keyring.lock. Each package that moves is printed. True if a lock changed.
 * Dies.
 */
bool lock_toolchain(const char *arch, const char *archive_keyring);

/* True if ARCH.lock or keyring.lock is missing, or lacks what packages.ini asks for. */
bool lock_toolchain_is_stale(const char *arch);

#endif
