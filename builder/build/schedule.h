/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SCHEDULE_H
#define BUILDER_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>

struct graph;
struct node;

/* Marks what the targets need and the store lacks NODE_WAITING, the rest NODE_DONE or
 * unneeded. */
size_t schedule_plan(struct node *const *target, size_t count);

/*
 * Builds every NODE_WAITING node of the graph, side by side as far as options.jobs goes,
 * each in a process of its own. Returns with all of them NODE_DONE; a failed step or a
 * signal ends the program after everything has been stopped.
 */
void schedule_run(const struct graph *graph, size_t waiting);

#endif
