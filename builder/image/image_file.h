/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_IMAGE_FILE_H
#define BUILDER_IMAGE_FILE_H

#include <stdint.h>

struct board_file;

/*
 * Copies a board's file into a work folder, where nobody edits it; the copy's path, the
 * caller's to free, and its size in bytes. Dies if it is not what the identity was taken of.
 */
char *image_file_take(const struct board_file *file, uint64_t *size);

#endif
