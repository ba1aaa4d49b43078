/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_JUNIT_H
#define BUILDER_JUNIT_H

#include <stdio.h>

/* Results as the JUnit XML that CI systems read: a suite a file, a case a step. */
struct junit_case {
	char *name;
	double seconds;
	char *failure; /* NULL: passed */
};

struct junit_suite {
	const char *name;
	struct junit_case *item;
	size_t count;
};

/* Writes the document; 0 or -EIO. Bytes that XML cannot hold become "?". */
int junit_write(FILE *out, const struct junit_suite *suite, size_t count);

#endif
