/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_XALLOC_H
#define BUILDER_XALLOC_H

#include <stddef.h>

/* As their namesakes, but out of memory is the end of the program. Freed at exit. */
void *xmalloc(size_t size) __attribute__((returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((returns_nonnull));
void *xrealloc(void *memory, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((returns_nonnull));
char *xasprintf(const char *format, ...)
	__attribute__((returns_nonnull, format(printf, 1, 2)));

#endif
