/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BUILD_ENV_H
#define BUILDER_BUILD_ENV_H

#include <stdbool.h>

#include "lib/strlist.h"

/* Where things lie inside the sandbox; recipes see them as $SRC $OUT $SYSROOT $KERNEL. */
#define BUILD_SRC     "/build/src"
#define BUILD_OUT     "/build/out"
#define BUILD_SYSROOT "/sysroot"
#define BUILD_DEPENDS "/deps"

/* The part of a script's environment that its identity covers, as NAME=VALUE. */
void build_env_fixed(struct strlist *env, const char *arch);

/* All of it: with the compiler as the sysroot wants it and the job count. */
void build_env(struct strlist *env, const char *arch, bool own_libc, unsigned jobs);

#endif
