/* SPDX-License-Identifier: ISC */
#include "nearest.h"

#include <stddef.h>
#include <string.h>

#include "lib/strlist.h"

#define NEAREST_LENGTH 64

/* Optimal string alignment distance: Levenshtein's, with a swap of neighbours counted as
 * one. */
static size_t
distance(const char *a, const char *b)
{
	size_t m = strlen(a), n = strlen(b);
	size_t row[3][NEAREST_LENGTH + 1] = {{0}};

	if (m > NEAREST_LENGTH || n > NEAREST_LENGTH)
		return NEAREST_LENGTH;
	for (size_t j = 0; j <= n; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t *now = row[i % 3];
		const size_t *above = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t d = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < d)
				d = above[j] + 1;
			if (now[j - 1] + 1 < d)
				d = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1] && before[j - 2] + 1 < d)
				d = before[j - 2] + 1;
			now[j] = d;
		}
	}
	return row[m % 3][n];
}

const char *
nearest(const char *name, const struct strlist *names)
{
	size_t best = strlen(name) > NEAREST_LENGTH ? 0 : (strlen(name) + 2) / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < names->count; i++) {
		size_t d = distance(name, names->item[i]);

		if (d < best) {
			best = d;
			found = names->item[i];
		}
	}
	return found;
}
