/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_ESTIMATE_H
#define BUILDER_ESTIMATE_H

#include <stdint.h>

struct graph;

/* What building the NODE_WAITING nodes will take; sizes in bytes. */
struct estimate {
	uint64_t fetch; /* not yet in the store */
	unsigned files; /* to fetch */
	uint64_t disk; /* at the most while it runs, what is fetched included */
	unsigned seconds;
};

/* From the locks' sizes, and how long each node took last time (else a guess by its
 * kind). */
void estimate_make(struct estimate *estimate, const struct graph *graph);

#endif
