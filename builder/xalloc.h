/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_XALLOC_H
#define BUILDER_XALLOC_H

#include <stddef.h>

/* As their namesakes, but out of memory is the end of the program. Freed at exit. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *memory, size_t count, size_t size);
char *xstrdup(const char *text);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
