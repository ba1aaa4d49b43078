/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>
#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "console.h"
#include "xalloc.h"

#define SEEN_LAST 200
#define SKIP_MS	  200 /* at most, for a machine that never falls silent */

void
console_open(struct console *console, int to_guest, int from_guest, int log_fd)
{
	*console = (struct console){.to_guest = to_guest,
		.from_guest = from_guest,
		.log_fd = log_fd,
		.echo_fd = -1};
	console->text = xcalloc(1, CONSOLE_MAX + 1);
}

void
console_close(struct console *console)
{
	free(console->text);
	console->text = NULL;
}

/* Makes room by forgetting the older half. */
static void
forget_half(struct console *console)
{
	size_t gone = console->length / 2;

	memmove(console->text, console->text + gone, console->length - gone);
	console->length -= gone;
	console->position = console->position > gone ? console->position - gone : 0;
}

static void
keep(struct console *console, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\r' || data[i] == '\0')
			continue;
		if (console->length == CONSOLE_MAX)
			forget_half(console);
		console->text[console->length++] = data[i];
	}
	console->text[console->length] = '\0';
}

static long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Takes in what comes by the deadline: 1 something, 0 nothing, -EPIPE at the end. */
static int
receive(struct console *console, long deadline)
{
	struct pollfd fd = {.fd = console->from_guest, .events = POLLIN};
	char data[4096];
	long left = deadline - now_ms();
	ssize_t n;
	int r = poll(&fd, 1, left > 0 ? (int)left : 0);

	if (r < 0 && errno == EINTR)
		return 1;
	if (r <= 0)
		return 0;
	n = read(console->from_guest, data, sizeof data);
	if (n <= 0)
		return n < 0 && errno == EINTR ? 1 : -EPIPE;
	if (console->log_fd >= 0)
		(void)io_write_full(console->log_fd, data, (size_t)n);
	if (console->echo_fd >= 0)
		(void)io_write_full(console->echo_fd, data, (size_t)n);
	keep(console, data, (size_t)n);
	return 1;
}

static bool
find(struct console *console, const regex_t *regex, char **match)
{
	regmatch_t found[2];
	const char *from = console->text + console->position;
	int flags = 0;

	/* "^" is the start of a line, not of what is left of one. */
	if (console->position && from[-1] != '\n')
		flags = REG_NOTBOL;
	if (regexec(regex, from, 2, found, flags) != 0)
		return false;
	if (match)
		*match = found[1].rm_so < 0
				 ? xstrdup("")
				 : xasprintf("%.*s",
					   (int)(found[1].rm_eo - found[1].rm_so),
					   from + found[1].rm_so);
	console->position += (size_t)found[0].rm_eo;
	return true;
}

static int
fail(const struct console *console, int code, const char *regex, const char *why,
	struct error *e)
{
	size_t start = console->length > SEEN_LAST ? console->length - SEEN_LAST : 0;

	if (start < console->position)
		start = console->position;
	return error_set(e, code, "\"%s\" %s; the console said last: \"%s\"", regex, why,
		console->text + start);
}

int
console_expect(struct console *console, const char *regex, unsigned seconds, char **match,
	struct error *e)
{
	long deadline = now_ms() + 1000L * (long)seconds;
	regex_t compiled;
	char why[256];
	int r = regcomp(&compiled, regex, REG_EXTENDED | REG_NEWLINE);

	if (r) {
		regerror(r, &compiled, why, sizeof why);
		return error_set(e, EINVAL, "\"%s\": %s", regex, why);
	}
	for (;;) {
		if (find(console, &compiled, match)) {
			r = 0;
			break;
		}
		/* A machine that never falls silent does not move the deadline. */
		r = now_ms() < deadline ? receive(console, deadline) : 0;
		if (r > 0)
			continue;
		if (r == 0)
			r = fail(console, ETIMEDOUT, regex, "did not come in time", e);
		else
			r = fail(console, EPIPE, regex, "did not come: the machine ended",
				e);
		break;
	}
	regfree(&compiled);
	return r;
}

void
console_skip(struct console *console)
{
	long end = now_ms() + SKIP_MS;

	while (now_ms() < end && receive(console, 0) > 0)
		;
	console->position = console->length;
}

int
console_send(struct console *console, const char *text)
{
	return io_write_full(console->to_guest, text, strlen(text));
}
