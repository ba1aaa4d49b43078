/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "builder/base/xalloc.h"
#include "builder/graph/graph.h"
#include "builder/source/part.h"
#include "parts.h"

static bool
waits_for_archive(const struct node *node)
{
	return node->state == NODE_WAITING && node->kind == NODE_RECIPE &&
	       (node->recipe->source.kind == SOURCE_DEBIAN ||
		       node->recipe->source.kind == SOURCE_URL);
}

static struct node *
find_whole(const struct graph *graph, const struct recipe *recipe)
{
	for (size_t i = 0; i < graph->count; i++) {
		struct node *node = graph->node[i];

		if (waits_for_archive(node) && !part_wanted(node->recipe) &&
			strcmp(node->recipe->source.sha256, recipe->source.sha256) == 0)
			return node;
	}
	return NULL;
}

static void
add_part(struct node *whole, const struct recipe *recipe)
{
	size_t count = 0;

	while (whole->parts && whole->parts[count])
		count++;
	whole->parts = xrealloc(whole->parts, count + 2, sizeof(*whole->parts));
	whole->parts[count] = recipe;
	whole->parts[count + 1] = NULL;
}

void
parts_plan(const struct graph *graph)
{
	for (size_t i = 0; i < graph->count; i++) {
		struct node *node = graph->node[i];

		if (!waits_for_archive(node) || !part_wanted(node->recipe) ||
			part_take(node->recipe, NULL))
			continue;
		node->whole = find_whole(graph, node->recipe);
		if (node->whole)
			add_part(node->whole, node->recipe);
	}
}

void
parts_step(struct node *node, const char *step)
{
	if (strcmp(step, "unpack") == 0)
		node->unpacking = true;
	else if (node->unpacking)
		node->unpacked = true;
}
