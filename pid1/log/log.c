/* SPDX-License-Identifier: ISC */
#include "log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pid1/base/clock.h"
#include "console.h"
#include "journal.h"

static int kmsg = -1;

void
log_open(void)
{
	kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	console_open();
}

/* <31> is LOG_DEBUG, which printk(9) shows nowhere by default, of facility LOG_DAEMON, by
 * which journal.c knows these lines. */
static void
to_kmsg(const char *text, size_t size)
{
	char line[560] = "<31>";

	if (kmsg < 0)
		return;
	if (size > sizeof(line) - 4)
		size = sizeof(line) - 4;
	memcpy(line + 4, text, size);
	if (write(kmsg, line, size + 4) < 0)
		return; /* rate-limited or full: the console has it */
}

void
log_raw(const char *text)
{
	size_t size = strlen(text);

	console_flush(100);
	console_raw(text, size);
	to_kmsg(text, size);
}

void
log_say(const char *format, ...)
{
	char line[576];
	uint64_t now = clock_us();
	/* As printk(9) with times: `ingot run --timeline` reads both. */
	size_t text = (size_t)snprintf(line, sizeof(line), "[%5llu.%06llu] ",
		(unsigned long long)(now / 1000000), (unsigned long long)(now % 1000000));
	size_t room = 512, at = text;
	va_list ap;
	int n;

	memcpy(line + at, "pid1: ", 6);
	at += 6;
	va_start(ap, format);
	n = vsnprintf(line + at, room, format, ap);
	va_end(ap);
	if (n < 0)
		return;
	at += (size_t)n < room ? (size_t)n : room - 1;
	journal_own(line + text + 6, at - text - 6);
	line[at++] = '\n';
	console_put(line, at);
	to_kmsg(line + text, at - text);
}
