/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../lib/error.h"
#include "boottest.h"
#include "console.h"
#include "qemu.h"
#include "xalloc.h"

#define PROMPT         "[#$] $"
#define PROMPT_SECONDS 2

static const char *const verb_names[] = { [BOOTTEST_EXPECT] = "expect",
	[BOOTTEST_SEND] = "send",
	[BOOTTEST_RUN] = "run",
	[BOOTTEST_RESET] = "reset",
	[BOOTTEST_TIMEOUT] = "timeout" };

char *
boottest_step_text(const struct boottest_step *step)
{
	if (step->verb == BOOTTEST_RUN)
		return xasprintf("run %s -> %d", step->text, step->exit_status);
	return xasprintf("%s%s%s", verb_names[step->verb], step->text ? " " : "",
		step->text ? step->text : "");
}

/* Puts what the names stand for in place of ${name}; the caller frees. */
static char *
fill_names(const char *text, const struct boottest_names *names)
{
	const struct {
		const char *name, *value;
	} known[] = { { "${content_id}", names->content_id },
		{ "${identity}", names->identity }, { "${board}", names->board } };
	char *filled = xstrdup(text);

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		char *at;

		while ((at = strstr(filled, known[i].name))) {
			char *longer = xasprintf("%.*s%s%s", (int)(at - filled), filled,
				known[i].value, at + strlen(known[i].name));

			free(filled);
			filled = longer;
		}
	}
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

/* A shell that is not there yet loses what is typed: Enter, until it answers with its prompt. */
static int
reach_prompt(struct console *console, unsigned seconds, struct error *e)
{
	time_t end = time(NULL) + (time_t)seconds;
	int r;

	do {
		r = send_line(console, "", e);
		if (r == 0)
			r = console_expect(console, PROMPT, PROMPT_SECONDS, NULL, e);
	} while (r == -ETIMEDOUT && time(NULL) < end);
	return r;
}

static int
run_command(const struct boottest_step *step, const char *command, struct console *console,
	struct error *e)
{
	static unsigned sequence;
	char *line, *regex, *match = NULL;
	int r = reach_prompt(console, step->seconds, e);

	if (r < 0)
		return r;
	sequence++;
	/* The quotes keep the echo of what is typed from looking like the answer. */
	line = xasprintf("%s; echo ingot-\"exit\"-%u-$?", command, sequence);
	regex = xasprintf("ingot-exit-%u-([0-9]+)", sequence);
	r = send_line(console, line, e);
	if (r == 0)
		r = console_expect(console, regex, step->seconds, &match, e);
	if (r == 0 && atoi(match) != step->exit_status)
		r = error_set(e, EPROTO, "\"%s\" ended with status %s, not %d", command, match,
			step->exit_status);
	free(match);
	free(line);
	free(regex);
	return r;
}

int
boottest_do(const struct boottest_step *step, const struct boottest_names *names,
	struct console *console, const struct qemu *qemu, struct error *e)
{
	char *text = step->text ? fill_names(step->text, names) : NULL;
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
			r = error_set(e, -r, "cannot press the reset button: %s", strerror(-r));
		break;
	case BOOTTEST_TIMEOUT:
		break; /* the reader has put it into the steps that follow */
	}
	free(text);
	return r;
}
