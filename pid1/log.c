/* SPDX-License-Identifier: ISC */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int console = 2, kmsg = -1;
static bool
	stuck; /* the console lost something: waited for no more until it takes a line */

void
log_open(void)
{
	int fd = open("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		console = fd;
	kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK);
}

static void
to_console(const char *text, size_t size)
{
	struct pollfd poll_fd = {.fd = console, .events = POLLOUT};

	while (size > 0) {
		ssize_t n = write(console, text, size);

		if (n > 0) {
			text += n;
			size -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			if (stuck || poll(&poll_fd, 1, 100) <= 0)
				break;
		} else if (n == 0 || errno != EINTR) {
			break;
		}
	}
	stuck = size > 0;
}

/* <7> is KERN_DEBUG with the facility of the kernel's own: printk(9) shows it nowhere by
 * default. */
static void
to_kmsg(const char *text, size_t size)
{
	char line[560] = "<7>";

	if (kmsg < 0)
		return;
	if (size > sizeof(line) - 3)
		size = sizeof(line) - 3;
	memcpy(line + 3, text, size);
	if (write(kmsg, line, size + 3) < 0)
		return; /* rate-limited or full: the console has it */
}

void
log_raw(const char *text)
{
	size_t size = strlen(text);

	to_console(text, size);
	to_kmsg(text, size);
}

void
log_say(const char *format, ...)
{
	char line[544] = "pid1: ";
	size_t room = 512, at = strlen(line);
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line + at, room, format, ap);
	va_end(ap);
	if (n < 0)
		return;
	at += (size_t)n < room ? (size_t)n : room - 1;
	line[at++] = '\n';
	line[at] = '\0';
	log_raw(line);
}
