/* SPDX-License-Identifier: ISC */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "builder/graph/graph.h"
#include "builder/base/options.h"
#include "builder/base/say.h"
#include "verbs.h"

int
cmd_id(int argc, char **argv)
{
	static const struct option known[] = {
		{"board", required_argument, NULL, 'b'}, {0}};
	struct graph graph = {0};
	const char *board = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option != 'b')
			return 2;
		board = optarg;
	}
	if (optind == argc)
		die_usage("id: want a board or a recipe");
	for (int i = optind; i < argc; i++) {
		const struct node *node = graph_add(&graph, argv[i], board);

		if (options.json)
			printf("{\"name\": \"%s\", \"identity\": \"%s\"}\n", node->name,
				node->identity);
		else if (argc - optind > 1)
			printf("%s %s\n", node->identity, node->name);
		else
			printf("%s\n", node->identity);
	}
	return 0;
}
