/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SOURCE_PATH_H
#define BUILDER_SOURCE_PATH_H

#include <stdbool.h>

struct recipe;

/* True if a name below a path source is part of it: all but .git and editors' "*~". */
bool source_path_counts(const char *name);

/*
 * Copies the path sources into the empty folder dir, as they lie below $SRC. Dies, also
 * if they are no longer what recipe->source.sha256 says.
 */
void source_path_copy(const struct recipe *recipe, const char *dir);

#endif
