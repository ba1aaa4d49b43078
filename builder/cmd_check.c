/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/strlist.h"
#include "builder/graph/graph.h"
#include "builder/source/lock.h"
#include "builder/base/options.h"
#include "builder/base/say.h"
#include "verbs.h"

/* A Debian source is to come with the proof of where it comes from, and for this very
 * pin. */
static void
check_lock(const struct recipe *recipe)
{
	char *path;
	struct lock lock;
	struct error e;

	if (recipe->source.kind != SOURCE_DEBIAN)
		return;
	path = lock_path(recipe);
	if (access(path, F_OK) < 0)
		die("%s:%u: debian: nothing proves this pin: run `ingot lock %s`",
			recipe->file, recipe->source.line, recipe->name);
	if (lock_read(&lock, path, &e) < 0 || lock_matches(&lock, recipe, &e) < 0)
		die("%s", e.text);
	lock_free(&lock);
	free(path);
}

/* The names of what it is made of; the graph may hold other boards' recipes, too. */
static void
add_depends(const struct node *node, struct strlist *names)
{
	for (size_t i = 0; i < node->depend_count; i++) {
		if (strlist_has(names, node->depends[i]->name))
			continue;
		if (strlist_add(names, node->depends[i]->name) < 0)
			die("out of memory");
		add_depends(node->depends[i], names);
	}
}

static void
report(const struct node *node)
{
	struct strlist recipes = {0};

	add_depends(node, &recipes);
	if (options.json)
		printf("{\"board\": \"%s\", \"recipes\": %zu, \"services\": %zu, \"identity\": \"%s\"}\n",
			node->name, recipes.count, node->board->service_count,
			node->identity);
	else
		printf("%s: %zu recipes, %zu services, %zu files: all is well\n",
			node->name, recipes.count, node->board->service_count,
			node->board->file_count);
	strlist_free(&recipes);
}

/*
 * Reading a board into the graph reads all that it names; what is left to say is that it
 * went well.
 */
int
cmd_check(int argc, char **argv)
{
	struct graph graph = {0};

	if (argc < 2)
		die_usage("check: want a board");
	for (int i = 1; i < argc; i++) {
		const struct node *node = graph_add(&graph, argv[i], NULL);

		if (node->kind != NODE_IMAGE)
			die("%s is a recipe: check takes a board", argv[i]);
		for (size_t j = 0; j < graph.count; j++)
			if (graph.node[j]->recipe)
				check_lock(graph.node[j]->recipe);
		report(node);
	}
	return 0;
}
