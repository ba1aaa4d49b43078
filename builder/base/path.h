/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_PATH_H
#define BUILDER_PATH_H

/* path as messages show it: relative if it lies below the current folder. The caller
 * frees. */
char *path_shown(const char *path);

/* path with the current folder before it unless it is absolute; links are left. The
 * caller frees. */
char *path_absolute(const char *path);

/* "dir/name"; the caller frees. */
char *path_join(const char *dir, const char *name);

#endif
