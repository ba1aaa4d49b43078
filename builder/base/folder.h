/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_FOLDER_H
#define BUILDER_FOLDER_H

/*
 * Removes a folder, file or link and all below it, also folders that are read-only or
 * nested too deep for a path. Missing is fine. 0 or -errno of the first thing that would
 * not go.
 */
int folder_remove(const char *path);

#endif
