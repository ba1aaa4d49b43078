/* SPDX-License-Identifier: ISC */
#include "spdx.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SPDX_DEPTH 16 /* of parentheses */

struct parser {
	const char *at;
	char word[80]; /* the token before `at`: "(", ")", an id or an operator; "" at the
			  end */
	char *why;
	size_t size;
};

static int fail(struct parser *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int
fail(struct parser *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(p->why, p->size, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static int
next(struct parser *p)
{
	size_t length = 0;

	while (*p->at == ' ')
		p->at++;
	if (*p->at == '(' || *p->at == ')') {
		p->word[length++] = *p->at++;
	} else {
		while (isalnum((unsigned char)*p->at) ||
			(*p->at && strchr(".-+:", *p->at))) {
			if (length + 1 == sizeof(p->word)) {
				p->word[length] = '\0';
				return fail(p, "\"%.40s...\" is too long for a license",
					p->word);
			}
			p->word[length++] = *p->at++;
		}
		if (length == 0 && *p->at) {
			if (isprint((unsigned char)*p->at))
				return fail(p,
					"\"%c\" cannot stand in a license expression",
					*p->at);
			return fail(p, "want a license expression of printable ASCII");
		}
	}
	p->word[length] = '\0';
	return 0;
}

/* The ids that look right and are not, as people write them. */
static int
check_id(struct parser *p)
{
	static const char *const family[] = {"GPL", "LGPL", "AGPL", "GFDL", NULL};
	static const char *const vague[] = {"BSD", "Apache", "Apache2", "NONE",
		"NOASSERTION", "Proprietary", "proprietary", "unknown", "custom", NULL};
	const char *w = p->word;

	if (!isalnum((unsigned char)w[0]) || !w[strspn(w, "0123456789.-+:")])
		return fail(p, "\"%s\" is no SPDX license", w);
	for (size_t i = 0; vague[i]; i++)
		if (strcmp(w, vague[i]) == 0)
			return fail(p,
				"\"%s\" is no SPDX license: want one such as MIT, BSD-3-Clause or LicenseRef-MyOwn",
				w);
	for (size_t i = 0; family[i]; i++) {
		size_t length = strlen(family[i]);
		const char *end = strrchr(w, '-');

		if (strncmp(w, family[i], length) != 0 ||
			isupper((unsigned char)w[length]))
			continue;
		if (w[length] != '-' || !isdigit((unsigned char)w[length + 1]) || !end ||
			(strcmp(end, "-only") != 0 && strcmp(end, "-later") != 0))
			return fail(p,
				"\"%s\" does not say which versions: want one such as GPL-2.0-only or GPL-2.0-or-later",
				w);
	}
	return 0;
}

static int
is_operator(const char *word)
{
	return strcmp(word, "AND") == 0 || strcmp(word, "OR") == 0 ||
	       strcmp(word, "WITH") == 0;
}

static int expression(struct parser *p, unsigned depth);

static int
operand(struct parser *p, unsigned depth)
{
	int r;

	if (strcmp(p->word, "(") == 0) {
		if (depth == SPDX_DEPTH)
			return fail(
				p, "want parentheses nested at most %d deep", SPDX_DEPTH);
		r = next(p);
		if (r == 0)
			r = expression(p, depth + 1);
		if (r < 0)
			return r;
		if (strcmp(p->word, ")") != 0)
			return fail(p, "want \")\" after \"(\"");
		return next(p);
	}
	if (p->word[0] == '\0' || strcmp(p->word, ")") == 0 || is_operator(p->word))
		return fail(p, "want a license%s",
			p->word[0] ? " beside each operator" : " at the end");
	r = check_id(p);
	if (r == 0)
		r = next(p);
	if (r == 0 && strcmp(p->word, "WITH") == 0) {
		r = next(p);
		if (r == 0 && (p->word[0] == '\0' || strchr("()", p->word[0]) ||
				      is_operator(p->word)))
			return fail(p, "want an exception after WITH");
		if (r == 0)
			r = next(p);
	}
	return r;
}

static int
expression(struct parser *p, unsigned depth)
{
	int r = operand(p, depth);

	while (r == 0 && (strcmp(p->word, "AND") == 0 || strcmp(p->word, "OR") == 0)) {
		r = next(p);
		if (r == 0)
			r = operand(p, depth);
	}
	return r;
}

int
spdx_check(const char *text, char *why, size_t size)
{
	struct parser p = {.at = text, .why = why, .size = size};
	int r = next(&p);

	if (r == 0)
		r = expression(&p, 0);
	if (r == 0 && p.word[0])
		r = fail(&p, "want AND, OR or WITH before \"%s\"", p.word);
	return r;
}
