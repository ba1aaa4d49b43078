/* SPDX-License-Identifier: ISC */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/strlist.h"
#include "xalloc.h"

#define BLANKS " \t\n"

static int
fail(char *why, size_t size, const char *text)
{
	(void)snprintf(why, size, "%s", text);
	return -EINVAL;
}

/* What stands behind a backslash; 0 if it has no meaning. */
static char
escape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 's':
		return ' ';
	case '\\':
	case '"':
	case '\'':
		return c;
	default:
		return '\0';
	}
}

/* One character of a word, outside of quotes or between them; moves *at past it. */
static int
next_char(const char **at, char *c, char *why, size_t size)
{
	const char *p = *at;

	*c = p[0];
	if (p[0] == '\\') {
		*c = escape(p[1]);
		if (*c == '\0')
			return fail(why, size,
				"want \\\\, \\\", \\', \\s, \\n or \\t behind a backslash");
		p++;
	} else if (p[0] == '$' || p[0] == '%') {
		if (p[1] != p[0])
			return fail(why, size,
				p[0] == '$'
					? "there are no variables: write $$ for a \"$\", or start a shell"
					: "there are no specifiers: write %% for a \"%\"");
		p++;
	}
	*at = p + 1;
	return 0;
}

/* One word from *at, which is no blank, into word, which has room for all of the line. */
static int
next_word(const char **at, char *word, char *why, size_t size)
{
	const char *p = *at;
	char quote = '\0';
	size_t length = 0;

	while (*p && (quote || !strchr(BLANKS, *p))) {
		if (*p == quote) {
			quote = '\0';
			p++;
		} else if (!quote && (*p == '"' || *p == '\'')) {
			quote = *p++;
		} else {
			int r = next_char(&p, &word[length++], why, size);

			if (r < 0)
				return r;
		}
	}
	word[length] = '\0';
	*at = p;
	return quote ? fail(why, size, "a quote is not closed") : 0;
}

int
command_split(const char *line, struct strlist *words, char *why, size_t size)
{
	char *word = xmalloc(strlen(line) + 1);
	const char *p = line + strspn(line, BLANKS);
	int r = 0;

	if (*p == '\0')
		r = fail(why, size, "empty, want a program and its arguments");
	else if (strchr("-@:+!|", *p))
		r = fail(why, size,
			"want the program's path first: systemd's prefixes have no meaning here");
	while (r == 0 && *p) {
		if (*p == ';' && (p[1] == '\0' || strchr(BLANKS, p[1])))
			r = fail(
				why, size, "want one command, \";\" starts a second one");
		else
			r = next_word(&p, word, why, size);
		if (r == 0)
			r = strlist_add(words, word);
		p += strspn(p, BLANKS);
	}
	free(word);
	return r;
}
