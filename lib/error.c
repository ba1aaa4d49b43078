/* SPDX-License-Identifier: ISC */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

int
error_set(struct error *e, int code, const char *format, ...)
{
	va_list ap;

	if (e) {
		va_start(ap, format);
		vsnprintf(e->text, sizeof(e->text), format, ap);
		va_end(ap);
	}
	return -code;
}
