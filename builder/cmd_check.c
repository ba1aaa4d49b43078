/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "../lib/error.h"
#include "graph.h"
#include "options.h"
#include "say.h"
#include "verbs.h"

/*
 * Reading a board into the graph reads all that it names; what is left to say is that it went
 * well.
 */
int
cmd_check(int argc, char **argv)
{
	struct graph graph = { 0 };

	if (argc < 2)
		die_usage("check: want a board");
	for (int i = 1; i < argc; i++) {
		const struct node *node = graph_add(&graph, argv[i], NULL);

		if (node->kind != NODE_IMAGE)
			die("%s is a recipe: check takes a board", argv[i]);
		if (options.json)
			printf("{\"board\": \"%s\", \"recipes\": %zu, \"services\": %zu, \"identity\": \"%s\"}\n",
				node->name, graph.count - 1, node->board->service_count,
				node->identity);
		else
			printf("%s: %zu recipes, %zu services, %zu files: all is well\n", node->name,
				graph.count - 1, node->board->service_count,
				node->board->file_count);
	}
	return 0;
}
