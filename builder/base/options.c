/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "options.h"
#include "say.h"

struct options options;

unsigned long
option_number(const char *option, const char *text, unsigned long most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	/* strtoul(3) takes a sign and spaces before the digits. */
	if (text[0] < '0' || text[0] > '9' || *end || value < 1 || value > most)
		die_usage("%s: want a number from 1 to %lu, got \"%s\"", option, most,
			text);
	return value;
}
