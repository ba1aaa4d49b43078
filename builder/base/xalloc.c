/* SPDX-License-Identifier: ISC */
#include "xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

static void *
check(void *memory)
{
	if (!memory)
		die("out of memory");
	return memory;
}

/* Nothing asks for 0 bytes and may get NULL for it, so ask for one at least. */
void *
xmalloc(size_t size)
{
	return check(malloc(size ? size : 1));
}

void *
xcalloc(size_t count, size_t size)
{
	return check(calloc(count ? count : 1, size ? size : 1));
}

void *
xrealloc(void *memory, size_t count, size_t size)
{
	return check(reallocarray(memory, count ? count : 1, size ? size : 1));
}

char *
xstrdup(const char *text)
{
	return check(strdup(text));
}

char *
xasprintf(const char *format, ...)
{
	char *text = NULL;
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(&text, format, ap);
	va_end(ap);
	return check(r < 0 ? NULL : text);
}
