/* SPDX-License-Identifier: ISC */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/io.h"

/* One write(2) a message, so that lines of jobs side by side do not mix. */
static void say_line(const char *kind, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void
say_line(const char *kind, const char *format, va_list ap)
{
	char *text = NULL, *line = NULL;
	int length;

	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	length = asprintf(&line, "ingot: %s%s\n", kind, text ? text : "out of memory");
	if (length > 0) {
		fflush(stdout);
		io_write_full(2, line, (size_t)length);
		free(line);
	}
	free(text);
}

void
say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say_line("", format, ap);
	va_end(ap);
}

void
warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say_line("warning: ", format, ap);
	va_end(ap);
}

void
die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say_line("", format, ap);
	va_end(ap);
	exit(1);
}

void
die_usage(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say_line("", format, ap);
	va_end(ap);
	say("see `ingot help`");
	exit(2);
}
