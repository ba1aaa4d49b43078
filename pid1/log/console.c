/* SPDX-License-Identifier: ISC */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pid1/base/clock.h"

#define QUEUE 32768 /* bytes: about 3 s of a serial line at 115200 baud */

static struct {
	int fd;
	size_t first, used; /* in the queue, which wraps round */
	uint64_t lost; /* lines, not yet said */
} console = {.fd = 2};

static char queue[QUEUE];

void
console_open(void)
{
	int fd = open("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		console.fd = fd;
}

int
console_fd(void)
{
	return console.fd > 2 ? console.fd : -1;
}

/* Writes until the console takes no more; false if something is left. */
static bool
push(void)
{
	while (console.used > 0) {
		size_t piece = QUEUE - console.first;
		ssize_t n;

		if (piece > console.used)
			piece = console.used;
		n = write(console.fd, queue + console.first, piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			/* No console, or one that was hung up: nobody reads this. */
			console.used = 0;
			return true;
		}
		if (n <= 0)
			return false;
		console.first = (console.first + (size_t)n) % QUEUE;
		console.used -= (size_t)n;
	}
	console.first = 0;
	return true;
}

static bool
add(const char *text, size_t size)
{
	size_t at = (console.first + console.used) % QUEUE, piece = QUEUE - at;

	if (size > QUEUE - console.used)
		return false;
	if (piece > size)
		piece = size;
	memcpy(queue + at, text, piece);
	memcpy(queue, text + piece, size - piece);
	console.used += size;
	return true;
}

/* Said as soon as there is room for it, before anything newer. */
static bool
say_lost(void)
{
	char text[80];
	int n;

	if (console.lost == 0)
		return true;
	n = snprintf(text, sizeof(text), "pid1: console: too slow: %llu lines lost\n",
		(unsigned long long)console.lost);
	if (n < 0 || !add(text, (size_t)n))
		return false;
	console.lost = 0;
	return true;
}

void
console_put(const char *text, size_t size)
{
	/* After a loss half the queue must be free again, or lines and losses would take
	 * turns. */
	if ((console.lost > 0 && console.used > QUEUE / 2) || !say_lost() ||
		!add(text, size))
		console.lost++;
	push();
}

void
console_ready(void)
{
	if (push() && !say_lost())
		return;
	push();
}

void
console_flush(int ms)
{
	struct pollfd poll_fd = {.fd = console.fd, .events = POLLOUT};
	uint64_t end = clock_ms() + (uint64_t)ms;

	say_lost();
	while (!push()) {
		uint64_t now = clock_ms();

		if (now >= end || poll(&poll_fd, 1, (int)(end - now)) <= 0)
			return;
	}
}

void
console_raw(const char *text, size_t size)
{
	struct pollfd poll_fd = {.fd = console.fd, .events = POLLOUT};

	while (size > 0) {
		ssize_t n = write(console.fd, text, size);

		if (n > 0) {
			text += n;
			size -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			if (poll(&poll_fd, 1, 100) <= 0)
				return;
		} else if (n == 0 || errno != EINTR) {
			return;
		}
	}
}
