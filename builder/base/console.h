/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_CONSOLE_H
#define BUILDER_CONSOLE_H

#include <stddef.h>

struct error;

/*
 * The text side of a machine's serial port: what it has said, how far a reader has come.
 * Carriage returns and NUL bytes are dropped; of much text the last CONSOLE_MAX / 2 bytes
 * or more are kept.
 */
#define CONSOLE_MAX (1u << 20)

struct console {
	int to_guest, from_guest;
	int log_fd; /* gets every byte as it came; -1 for none */
	int echo_fd; /* the same, for a person who watches; -1 for none */
	char *text; /* NUL-ended */
	size_t length;
	size_t position; /* what lies before it has been matched */
	unsigned commands; /* typed by boottest_do(), so that each has a number */
};

void console_open(struct console *console, int to_guest, int from_guest, int log_fd);
void console_close(struct console *console);

/*
 * Waits until the POSIX extended regex (regex(7)) matches behind the position and moves
 * the position behind the match. match (may be NULL) gets the first parenthesis' text,
 * the caller frees. 0; -ETIMEDOUT with what was seen last; -EPIPE if the machine ended;
 * -EINVAL for a bad regex.
 */
int console_expect(struct console *console, const char *regex, unsigned seconds,
	char **match, struct error *e);

/* Forgets what has been said so far, so that nothing of it is matched. */
void console_skip(struct console *console);

/* Types text; 0 or -errno. SIGPIPE must be ignored, or the end of the machine is ours. */
int console_send(struct console *console, const char *text);

#endif
