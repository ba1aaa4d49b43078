/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_COPY_H
#define BUILDER_COPY_H

/*
 * Copies a file into an empty one, both at their beginning; a file system that can
 * shares the blocks. 0 or -errno.
 */
int copy_file(int from, int to);

#endif
