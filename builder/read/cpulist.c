/* SPDX-License-Identifier: ISC */
#include "cpulist.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>

#include "builder/base/xalloc.h"

/* A number below CPULIST_CPUS, or -1; *text is behind it. */
static int
read_cpu(const char **text)
{
	int n = -1;

	for (; isdigit((unsigned char)**text); (*text)++) {
		n = (n < 0 ? 0 : n) * 10 + (**text - '0');
		if (n >= CPULIST_CPUS)
			return -1;
	}
	return n;
}

static bool
read_set(const char *text, bool set[CPULIST_CPUS])
{
	bool some = false;

	while (*text) {
		int from, to;

		if (*text == ',' || isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		from = to = read_cpu(&text);
		if (from >= 0 && *text == '-') {
			text++;
			to = read_cpu(&text);
		}
		if (from < 0 || to < from ||
			(*text && *text != ',' && !isspace((unsigned char)*text)))
			return false;
		for (some = true; from <= to; from++)
			set[from] = true;
	}
	return some;
}

char *
cpulist_normal(const char *text)
{
	bool set[CPULIST_CPUS] = {false};
	char *list;

	if (!read_set(text, set))
		return NULL;
	list = xstrdup("");
	for (int from = 0; from < CPULIST_CPUS; from++) {
		int to = from;
		char *longer;

		if (!set[from])
			continue;
		while (to + 1 < CPULIST_CPUS && set[to + 1])
			to++;
		longer = to == from ? xasprintf("%s%s%d", list, *list ? "," : "", from)
				    : xasprintf("%s%s%d-%d", list, *list ? "," : "", from,
					      to);
		free(list);
		list = longer;
		from = to;
	}
	return list;
}
