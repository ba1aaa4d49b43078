/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SCHEDULE_H
#define BUILDER_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct graph;
struct node;

/* What a run came to: CPU time of the programs that jobs ran, peak memory of a job. */
struct schedule_cost {
	uint64_t others_us;
	long peak_kib;
};

/* Marks what the targets need and the store lacks NODE_WAITING, the rest NODE_DONE or
 * unneeded. */
size_t schedule_plan(struct node *const *target, size_t count);

/*
 * Builds every NODE_WAITING node of the graph, side by side as far as options.jobs goes,
 * each in a process of its own. Returns with all of them NODE_DONE; a failed step or a
 * signal ends the program after everything has been stopped.
 */
void schedule_run(const struct graph *graph, size_t waiting, struct schedule_cost *cost);

#endif
