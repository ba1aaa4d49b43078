/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOOTTEST_H
#define BUILDER_BOOTTEST_H

#include <stddef.h>

struct error;

/* One boottest(5) file: a few steps against the console of a booting image. */
enum boottest_verb {
	BOOTTEST_EXPECT,  /* expect REGEX [SECONDS] */
	BOOTTEST_SEND,    /* send TEXT */
	BOOTTEST_RUN,     /* run COMMAND -> EXIT */
	BOOTTEST_RESET,   /* reset: the machine's reset button */
	BOOTTEST_TIMEOUT, /* timeout SECONDS, for the steps that follow */
};

struct boottest_step {
	enum boottest_verb verb;
	char *text;
	unsigned seconds; /* 0: the timeout in force */
	int exit_status;  /* run */
	unsigned line;
};

struct boottest {
	char *file;
	struct boottest_step *step;
	size_t count;
};

int boottest_read(struct boottest *test, const char *file, struct error *e);
int boottest_parse(struct boottest *test, const char *file, const char *text, size_t size,
	struct error *e);
void boottest_free(struct boottest *test);

#endif
