/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/io.h"
#include "boottest.h"
#include "builder/read/regex_check.h"

#define FILE_MAX	(1u << 20)
#define DEFAULT_SECONDS 60
#define SECONDS_MAX	86400

static const struct {
	const char *name;
	enum boottest_verb verb;
} verbs[] = {
	{"expect", BOOTTEST_EXPECT},
	{"send", BOOTTEST_SEND},
	{"run", BOOTTEST_RUN},
	{"reset", BOOTTEST_RESET},
	{"timeout", BOOTTEST_TIMEOUT},
};

#define VERBS (sizeof verbs / sizeof verbs[0])

/* What the manifest of an image fills in, see boottest_do(). */
static const char *const names[] = {"${content_id}", "${identity}", "${board}"};

#define NAMES (sizeof names / sizeof names[0])

/* A whole decimal number up to max, or -1. */
static long
parse_number(const char *text, long max)
{
	char *end;
	long value;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	value = strtol(text, &end, 10);
	return *end || errno || value > max ? -1 : value;
}

/* Cuts the blanks at the end. */
static void
trim(char *text)
{
	for (size_t end = strlen(text); end && strchr(" \t", text[end - 1]); end--)
		text[end - 1] = '\0';
}

/* Compiles the regex as it will be: with something else in place of each ${name}. */
static int
check_regex(const char *text, const char *where, struct error *e)
{
	char *filled = strdup(text), *at = filled, why[128];
	int r;

	if (!filled)
		return error_set(e, ENOMEM, "%s: out of memory", where);
	while ((at = strstr(at, "${"))) {
		size_t i = 0;

		while (i < NAMES && strncmp(at, names[i], strlen(names[i])) != 0)
			i++;
		if (i == NAMES) {
			error_set(e, EINVAL,
				"%s: expect: unknown name in \"%s\": want ${content_id}, ${identity} or ${board}",
				where, text);
			free(filled);
			return -EINVAL;
		}
		memset(at, 'x', strlen(names[i]));
	}
	r = regex_check(filled, why, sizeof why);
	free(filled);
	return r < 0 ? error_set(e, EINVAL, "%s: expect: %s: \"%s\"", where, why, text)
		     : 0;
}

/* Takes the seconds behind a regex; a regex in double quotes may itself end in a number.
 */
static int
parse_expect(struct boottest_step *step, char *text, const char *where, struct error *e)
{
	bool quoted = text[0] == '"';
	char *last = quoted ? strrchr(text + 1, '"') : strrchr(text, ' ');
	long seconds =
		last ? parse_number(last + 1 + strspn(last + 1, " \t"), SECONDS_MAX) : -1;
	int r;

	if (quoted && !last)
		return error_set(e, EINVAL, "%s: expect: want a closing \"", where);
	if (quoted && last[1] && (seconds < 1 || !strchr(" \t", last[1])))
		return error_set(e, EINVAL,
			"%s: expect: want seconds behind the regex, got \"%s\"", where,
			last + 1 + strspn(last + 1, " \t"));
	if (seconds > 0)
		step->seconds = (unsigned)seconds;
	if (quoted || seconds > 0) {
		*last = '\0';
		text += quoted;
	}
	if (!quoted)
		trim(text);
	if (!*text)
		return error_set(e, EINVAL, "%s: expect: want a regex", where);
	r = check_regex(text, where, e);
	if (r < 0)
		return r;
	step->text = strdup(text);
	return step->text ? 0 : error_set(e, ENOMEM, "%s: out of memory", where);
}

static int
parse_run(struct boottest_step *step, char *text, const char *where, struct error *e)
{
	char *arrow = NULL;
	long status;

	for (char *at = strstr(text, " -> "); at; at = strstr(at + 1, " -> "))
		arrow = at;
	status = arrow ? parse_number(arrow + 4, 255) : -1;
	if (status < 0 || arrow == text)
		return error_set(e, EINVAL,
			"%s: run: want COMMAND -> EXIT, such as \"run true -> 0\", got \"%s\"",
			where, text);
	*arrow = '\0';
	step->exit_status = (int)status;
	step->text = strdup(text);
	return step->text ? 0 : error_set(e, ENOMEM, "%s: out of memory", where);
}

static int
parse_argument(struct boottest_step *step, char *text, const char *where, struct error *e)
{
	long seconds;

	switch (step->verb) {
	case BOOTTEST_EXPECT:
		return parse_expect(step, text, where, e);
	case BOOTTEST_RUN:
		return parse_run(step, text, where, e);
	case BOOTTEST_SEND:
		step->text = strdup(text);
		return step->text ? 0 : error_set(e, ENOMEM, "%s: out of memory", where);
	case BOOTTEST_RESET:
		return *text ? error_set(e, EINVAL,
				       "%s: reset: takes nothing, got \"%s\"", where,
				       text)
			     : 0;
	case BOOTTEST_TIMEOUT:
		seconds = parse_number(text, SECONDS_MAX);
		if (seconds < 1)
			return error_set(e, EINVAL,
				"%s: timeout: want seconds, got \"%s\"", where, text);
		step->seconds = (unsigned)seconds;
		return 0;
	}
	return 0;
}

static int
parse_line(struct boottest *test, char *line, unsigned number, unsigned *seconds,
	struct error *e)
{
	struct boottest_step step = {.seconds = *seconds, .line = number};
	struct boottest_step *grown;
	char where[512], *argument;
	size_t word, i;
	int r;

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	trim(line);
	snprintf(where, sizeof where, "%s:%u", test->file, number);
	word = strcspn(line, " \t");
	argument = line + word + strspn(line + word, " \t");
	for (i = 0; i < VERBS; i++)
		if (strlen(verbs[i].name) == word &&
			strncmp(verbs[i].name, line, word) == 0)
			break;
	if (i == VERBS)
		return error_set(e, EINVAL,
			"%s: unknown step \"%.*s\": want expect, send, run, reset or timeout",
			where, (int)word, line);
	step.verb = verbs[i].verb;
	r = parse_argument(&step, argument, where, e);
	if (r < 0)
		return r;
	if (step.verb == BOOTTEST_TIMEOUT) {
		*seconds = step.seconds;
		return 0;
	}
	grown = realloc(test->step, (test->count + 1) * sizeof *grown);
	if (!grown) {
		free(step.text);
		return error_set(e, ENOMEM, "%s: out of memory", where);
	}
	test->step = grown;
	test->step[test->count++] = step;
	return 0;
}

int
boottest_parse(struct boottest *test, const char *file, const char *text, size_t size,
	struct error *e)
{
	unsigned seconds = DEFAULT_SECONDS, number = 1;
	char *copy, *line, *next;
	int r = 0;

	memset(test, 0, sizeof *test);
	test->file = strdup(file);
	copy = malloc(size + 1);
	if (!test->file || !copy) {
		free(copy);
		return error_set(e, ENOMEM, "%s: out of memory", file);
	}
	memcpy(copy, text, size);
	copy[size] = '\0';
	if (strlen(copy) != size)
		r = error_set(e, EINVAL, "%s: has a NUL byte", file);
	for (line = copy; r == 0 && line; line = next, number++) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (strchr(line, '\r'))
			r = error_set(e, EINVAL, "%s:%u: ends in CR LF: want LF alone",
				file, number);
		else
			r = parse_line(test, line, number, &seconds, e);
	}
	free(copy);
	if (r == 0 && test->count == 0)
		r = error_set(e, EINVAL, "%s: has no step", file);
	return r;
}

int
boottest_read(struct boottest *test, const char *file, struct error *e)
{
	char *text;
	size_t size;
	int r = io_read_file(AT_FDCWD, file, FILE_MAX, &text, &size, e);

	memset(test, 0, sizeof *test);
	if (r < 0)
		return r;
	r = boottest_parse(test, file, text, size, e);
	free(text);
	return r;
}

void
boottest_free(struct boottest *test)
{
	for (size_t i = 0; i < test->count; i++)
		free(test->step[i].text);
	free(test->step);
	free(test->file);
	memset(test, 0, sizeof *test);
}
