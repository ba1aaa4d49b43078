/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regex_check.h"

#define DEPTH_MOST  32
#define SIZE_MOST   1000
#define LENGTH_MOST 1000

/* Atoms so far in each open parenthesis, and in what a repetition would repeat. */
struct unrolled {
	uint64_t size[DEPTH_MOST + 1], last;
	unsigned depth;
};

/* What stands behind a bracket expression, whose "[" is at `at`. */
static const char *
skip_bracket(const char *at)
{
	at++;
	at += *at == '^';
	at += *at == ']';
	while (*at && *at != ']') {
		char kind = at[1];
		const char close[] = {kind, ']', '\0'};
		const char *end;

		if (*at == '[' && kind && strchr(":.=", kind) &&
			(end = strstr(at + 2, close)))
			at = end + 2;
		else
			at++;
	}
	return *at ? at + 1 : at;
}

/* How often the repetition at `at` repeats, 0 for none; *end is what stands behind it. */
static uint64_t
repetition(const char *at, const char **end)
{
	char *number;
	uint64_t least, most;

	*end = at + 1;
	if (*at == '*' || *at == '?' || *at == '+')
		return 2;
	if (*at != '{')
		return 0;
	least = most = strtoul(at + 1, &number, 10);
	if (*number == ',')
		most = strtoul(number + 1, &number, 10);
	*end = *number == '}' ? number + 1 : number;
	if (least > most)
		most = least;
	return 1 + (most > SIZE_MOST ? SIZE_MOST : most);
}

static int
count(struct unrolled *u, const char *regex)
{
	while (*regex) {
		const char *end = regex + 1;
		uint64_t times = repetition(regex, &end);

		if (times) {
			if (times > SIZE_MOST || u->last > SIZE_MOST)
				return -E2BIG;
			u->size[u->depth] += u->last * (times - 1);
			u->last *= times;
		} else if (*regex == '(') {
			if (++u->depth > DEPTH_MOST)
				return -E2BIG;
			u->size[u->depth] = 0;
		} else if (*regex == ')' && u->depth) {
			u->last = u->size[u->depth--];
			u->size[u->depth] += u->last;
		} else {
			u->last = 1;
			u->size[u->depth]++;
			if (*regex == '[')
				end = skip_bracket(regex);
			else if (*regex == '\\' && regex[1])
				end = regex + 2;
		}
		if (u->size[u->depth] > SIZE_MOST)
			return -E2BIG;
		regex = end;
	}
	return 0;
}

int
regex_check(const char *regex, char *why, size_t size)
{
	struct unrolled u = {.depth = 0};
	regex_t compiled;
	int r;

	if (strlen(regex) > LENGTH_MOST || count(&u, regex) < 0) {
		snprintf(why, size, "too long, too deep or repeats too much");
		return -EINVAL;
	}
	r = regcomp(&compiled, regex, REG_EXTENDED | REG_NEWLINE);
	if (r) {
		regerror(r, &compiled, why, size);
		return -EINVAL;
	}
	regfree(&compiled);
	return 0;
}
