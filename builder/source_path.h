/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SOURCE_PATH_H
#define BUILDER_SOURCE_PATH_H

#include <stdbool.h>

/* True if a name below a path source is part of it: all but .git and editors' "*~". */
bool source_path_counts(const char *name);

#endif
