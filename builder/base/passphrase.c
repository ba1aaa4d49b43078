/* SPDX-License-Identifier: ISC */
#include "passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/error.h"
#include "lib/io.h"
#include "say.h"
#include "xalloc.h"

#define MOST 1024 /* bytes, with a NUL */

static char *
from_file(const char *file)
{
	struct error e;
	char *text, *line;
	size_t size;

	if (io_read_file(AT_FDCWD, file, MOST - 1, &text, &size, &e) < 0)
		die("%s", e.text);
	line = xstrdup(text);
	sodium_memzero(text, size);
	free(text);
	line[strcspn(line, "\n")] = '\0';
	if (line[0] == '\0')
		die("%s: want a passphrase in its first line", file);
	return line;
}

/* A line from the terminal, which does not show it. */
static char *
from_terminal(FILE *terminal, const char *prompt)
{
	struct termios before, silent;
	char *line = xmalloc(MOST), *got;

	fprintf(terminal, "%s: ", prompt);
	fflush(terminal);
	if (tcgetattr(fileno(terminal), &before) < 0)
		die("cannot silence the terminal: %s", strerror(errno));
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fileno(terminal), TCSAFLUSH, &silent);
	got = fgets(line, MOST, terminal);
	tcsetattr(fileno(terminal), TCSAFLUSH, &before);
	fputc('\n', terminal);
	if (!got || line[0] == '\n')
		die("no passphrase was given");
	line[strcspn(line, "\n")] = '\0';
	return line;
}

char *
passphrase_ask(const char *prompt, const char *file, int twice)
{
	FILE *terminal;
	char *line;

	if (file)
		return from_file(file);
	terminal = fopen("/dev/tty", "r+e");
	if (!terminal)
		die("%s: no terminal to ask on: use --passphrase-file", prompt);
	line = from_terminal(terminal, prompt);
	if (twice) {
		char *again = from_terminal(terminal, "once more");

		if (strcmp(line, again) != 0)
			die("the two differ");
		sodium_memzero(again, MOST);
		free(again);
	}
	fclose(terminal);
	return line;
}
