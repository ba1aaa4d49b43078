/* SPDX-License-Identifier: ISC */
#include "tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
tell(const char *format, ...)
{
	static char before[512];
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (strcmp(text, before) == 0)
		return;
	memcpy(before, text, sizeof(before));
	fprintf(stderr, "%s\n", text);
}
