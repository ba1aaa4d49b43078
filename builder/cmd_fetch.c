/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "lib/error.h"
#include "builder/graph/graph.h"
#include "builder/base/options.h"
#include "builder/base/say.h"
#include "builder/source/source.h"
#include "builder/store/store.h"
#include "builder/source/toolchain.h"
#include "builder/base/tree.h"
#include "verbs.h"

/* Says what it is at, as a build does: a kernel's archive takes its time. */
static void
fetch_sources(const struct recipe *recipe)
{
	enum source_kind kind = recipe->source.kind;

	if (kind == SOURCE_DEBIAN || kind == SOURCE_URL)
		say("%s: fetch", recipe->name);
	source_fetch(recipe);
}

/* One recipe by its name; its dependencies have names of their own. */
static void
fetch_recipe(const char *name)
{
	struct recipe recipe;
	struct error e;
	char *dir;

	if (tree_find_recipe(name, &dir, &e) < 0 || recipe_read(&recipe, dir, &e) < 0)
		die("%s", e.text);
	fetch_sources(&recipe);
	if (options.verbose)
		say("%s: its sources are in the store", name);
	recipe_free(&recipe);
	free(dir);
}

/* All that a board is made of, the toolchain too: afterwards it builds with --offline. */
static void
fetch_board(const char *name)
{
	struct graph graph = {0};

	graph_add(&graph, name, NULL);
	for (size_t i = 0; i < graph.count; i++)
		if (graph.node[i]->recipe)
			fetch_sources(graph.node[i]->recipe);
	say("toolchain: fetch");
	toolchain_fetch(toolchain_lock(graph.toolchain_arch));
}

static void
fetch(const char *name)
{
	struct error e;
	char *dir;

	if (tree_find_board(name, &dir, &e) == 0) {
		free(dir);
		fetch_board(name);
	} else {
		fetch_recipe(name);
	}
}

int
cmd_fetch(int argc, char **argv)
{
	struct strlist names = {0};
	struct error e;

	store_open();
	for (int i = 1; i < argc; i++)
		fetch(argv[i]);
	if (argc > 1)
		return 0;
	if (tree_list_recipes(&names, &e) < 0)
		die("%s", e.text);
	for (size_t i = 0; i < names.count; i++)
		fetch_recipe(names.item[i]);
	strlist_free(&names);
	return 0;
}
