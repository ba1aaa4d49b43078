/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_OPTIONS_H
#define BUILDER_OPTIONS_H

#include <stdbool.h>

#include "lib/strlist.h"

/* What every verb understands; the only mutable globals. Set by main() before a verb
 * runs. */
struct options {
	struct strlist trees; /* --tree and INGOT_PATH, after the built-in tree */
	const char *store; /* $INGOT_STORE, else the user's cache folder */
	const char *out; /* folder of results: ./out of the current folder, or --out */
	const char
		*mirror; /* --mirror: a Debian mirror's base URI, NULL: the host's own */
	unsigned jobs; /* -j, default: processors online */
	unsigned verbose; /* -v, countable */
	bool offline; /* --offline: nothing is downloaded */
	bool json; /* --json */
	bool no_sandbox; /* --sandbox=none */
};

extern struct options options;

/* The number that stands behind an option, from 1 to most; dies with the usage for any
 * other text. */
unsigned long option_number(const char *option, const char *text, unsigned long most);

#endif
