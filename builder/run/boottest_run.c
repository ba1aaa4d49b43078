/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/error.h"
#include "boottest.h"
#include "builder/base/console.h"
#include "qemu.h"
#include "builder/base/xalloc.h"

/* Behind it there may be an escape sequence, such as the question where the cursor is. */
#define PROMPT	       "[#$] (\033\\[[0-9;]*[A-Za-z])*$"
#define PROMPT_SECONDS 2
#define SAID	       300 /* bytes of it in a message */
#define KNOWN	       3 /* names */

static const char *const verb_names[] = {[BOOTTEST_EXPECT] = "expect",
	[BOOTTEST_SEND] = "send",
	[BOOTTEST_RUN] = "run",
	[BOOTTEST_RESET] = "reset",
	[BOOTTEST_TIMEOUT] = "timeout"};

char *
boottest_step_text(const struct boottest_step *step)
{
	if (step->verb == BOOTTEST_RUN)
		return xasprintf("run %s -> %d", step->text, step->exit_status);
	return xasprintf("%s%s%s", verb_names[step->verb], step->text ? " " : "",
		step->text ? step->text : "");
}

/* Writes text so that a regex means just that; the next place in `to`. */
static char *
put_quoted(char *to, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\.[](){}*+?^$|", *text))
			*to++ = '\\';
		*to++ = *text;
	}
	return to;
}

/* Puts what the names stand for in place of ${name}; the caller frees. */
static char *
fill_names(const char *text, const struct boottest_names *names, bool regex)
{
	const struct {
		const char *name, *value;
	} known[] = {{"${content_id}", names->content_id},
		{"${identity}", names->identity}, {"${board}", names->board}};
	size_t longest = 1;
	char *filled, *to;

	for (size_t i = 0; i < KNOWN; i++)
		if (strlen(known[i].value) > longest)
			longest = strlen(known[i].value);
	/* At worst all of it is the shortest name, of 8 bytes, and every byte is quoted.
	 */
	filled = to = xmalloc(strlen(text) + strlen(text) / 8 * 2 * longest + 1);
	while (*text) {
		size_t i = 0;

		while (i < KNOWN &&
			strncmp(text, known[i].name, strlen(known[i].name)) != 0)
			i++;
		if (i == KNOWN) {
			*to++ = *text++;
			continue;
		}
		to = regex ? put_quoted(to, known[i].value) : stpcpy(to, known[i].value);
		text += strlen(known[i].name);
	}
	*to = '\0';
	return filled;
}

static int
send_line(struct console *console, const char *text, struct error *e)
{
	char *line = xasprintf("%s\n", text);
	int r = console_send(console, line);

	free(line);
	return r < 0 ? error_set(e, -r, "cannot type \"%s\": %s", text, strerror(-r)) : 0;
}

static time_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* A shell that is not there yet loses what is typed: Enter, until it answers with its
 * prompt. */
static int
reach_prompt(struct console *console, unsigned seconds, struct error *e)
{
	time_t end = now() + (time_t)seconds;
	int r;

	do {
		/* A prompt from before a reset is no answer. */
		console_skip(console);
		r = send_line(console, "", e);
		if (r == 0)
			r = console_expect(console, PROMPT, PROMPT_SECONDS, NULL, e);
	} while (r == -ETIMEDOUT && now() < end);
	return r;
}

static int
fail_status(const struct boottest_step *step, const char *command, const char *status,
	const struct console *console, struct error *e)
{
	size_t end = console->position, start = end > SAID ? end - SAID : 0;

	return error_set(e, EPROTO,
		"\"%s\" ended with status %s, not %d; the console said: \"%.*s\"",
		command, status, step->exit_status, (int)(end - start),
		console->text + start);
}

static int
run_command(const struct boottest_step *step, const char *command,
	struct console *console, struct error *e)
{
	unsigned number = ++console->commands;
	char *line, *regex, *match = NULL;
	int r = reach_prompt(console, step->seconds, e);

	if (r < 0)
		return r;
	/*
	 * The quotes keep the echo of what is typed from looking like the answer, the dot
	 * says that all of the number has come.
	 */
	line = xasprintf("%s; echo ingot-\"exit\"-%u-$?.", command, number);
	regex = xasprintf("ingot-exit-%u-([0-9]+)\\.", number);
	r = send_line(console, line, e);
	if (r == 0)
		r = console_expect(console, regex, step->seconds, &match, e);
	if (r == 0 && atoi(match) != step->exit_status)
		r = fail_status(step, command, match, console, e);
	free(match);
	free(line);
	free(regex);
	return r;
}

int
boottest_do(const struct boottest_step *step, const struct boottest_names *names,
	struct console *console, const struct qemu *qemu, struct error *e)
{
	char *text =
		step->text ? fill_names(step->text, names, step->verb == BOOTTEST_EXPECT)
			   : NULL;
	int r = 0;

	switch (step->verb) {
	case BOOTTEST_EXPECT:
		r = console_expect(console, text, step->seconds, NULL, e);
		break;
	case BOOTTEST_SEND:
		r = send_line(console, text, e);
		break;
	case BOOTTEST_RUN:
		r = run_command(step, text, console, e);
		break;
	case BOOTTEST_RESET:
		r = qemu_reset(qemu);
		if (r < 0)
			r = error_set(
				e, -r, "cannot press the reset button: %s", strerror(-r));
		console_skip(console);
		break;
	case BOOTTEST_TIMEOUT:
		break; /* the reader has put it into the steps that follow */
	}
	free(text);
	return r;
}
