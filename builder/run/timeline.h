/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_TIMELINE_H
#define BUILDER_TIMELINE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A boot as its console tells it: lines of the kernel and of pid1 with the time in
 * brackets, "[    0.397123] pid1: service hello: started, pid 61". Times are microseconds
 * since the kernel started its clock.
 */
#define TIMELINE_NEVER UINT64_MAX

enum timeline_kind { TIMELINE_KERNEL, TIMELINE_PID1, TIMELINE_SERVICE };

struct timeline_bar {
	enum timeline_kind kind;
	char *name;
	uint64_t start;
	uint64_t ready; /* TIMELINE_NEVER: it did not say so */
	uint64_t end; /* TIMELINE_NEVER: it runs on */
};

struct timeline_mark {
	const char *name; /* "complete", "healthy" */
	uint64_t time;
};

struct timeline {
	struct timeline_bar *bars;
	size_t bar_count;
	struct timeline_mark marks[4];
	size_t mark_count;
	uint64_t end; /* of the last line that counts */
};

/* Reads the first boot of a console's text. 0, or -ENODATA if there is none in it. */
int timeline_read(struct timeline *timeline, const char *text, size_t size);
void timeline_free(struct timeline *timeline);

/* Draws it; the caller looks at ferror(3). */
void timeline_draw(const struct timeline *timeline, const char *title, FILE *to);

#endif
