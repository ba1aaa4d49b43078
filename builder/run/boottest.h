/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOOTTEST_H
#define BUILDER_BOOTTEST_H

#include <stddef.h>

struct board;
struct console;
struct error;
struct qemu;

/* One boottest(5) file: a few steps against the console of a booting image. */
enum boottest_verb {
	BOOTTEST_EXPECT, /* expect REGEX [SECONDS] */
	BOOTTEST_SEND, /* send TEXT */
	BOOTTEST_RUN, /* run COMMAND -> EXIT */
	BOOTTEST_RESET, /* reset: the machine's reset button */
	BOOTTEST_TIMEOUT, /* timeout SECONDS, for the steps that follow */
};

struct boottest_step {
	enum boottest_verb verb;
	char *text; /* regex, text or command */
	unsigned seconds; /* in force for this step */
	int exit_status; /* run */
	unsigned line;
};

struct boottest {
	char *file;
	struct boottest_step *step;
	size_t count;
};

/* Reads a test; 0 or -errno with "file:line: ..."; boottest_free() in either case. */
int boottest_read(struct boottest *test, const char *file, struct error *e);
int boottest_parse(struct boottest *test, const char *file, const char *text, size_t size,
	struct error *e);
void boottest_free(struct boottest *test);

/* What a person calls a step: "expect boot complete". The caller frees. */
char *boottest_step_text(const struct boottest_step *step);

/*
 * Does one step against a running machine. ${content_id}, ${identity} and ${board} in its
 * text stand for what the image's manifest says. 0 or -errno with e saying what was seen
 * instead.
 */
struct boottest_names {
	const char *content_id, *identity, *board;
};
int boottest_do(const struct boottest_step *step, const struct boottest_names *names,
	struct console *console, const struct qemu *qemu, struct error *e);

#endif
