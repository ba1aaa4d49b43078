/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SIZE_H
#define BUILDER_SIZE_H

#include <stdint.h>

#define SIZE_TEXT 24

/* Bytes as people read them, "512 B", "25 KiB", "1.4 MiB"; returns text. */
const char *size_text(uint64_t bytes, char text[SIZE_TEXT]);

#endif
