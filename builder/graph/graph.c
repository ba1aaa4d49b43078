/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/strlist.h"
#include "graph.h"
#include "identity.h"
#include "builder/base/nearest.h"
#include "builder/base/say.h"
#include "builder/base/tree.h"
#include "builder/base/xalloc.h"

#define DEFAULT_ARCH "x86_64"

/* Where a walk stands: the way from the target, for the message that shows a cycle. */
struct walk {
	struct graph *graph;
	const char *arch;
	struct node *kernel; /* the board's, or NULL */
	struct strlist fragments;
	const char *kernel_recipe;
	struct way {
		const char *name;
		const struct way *from;
	} way;
};

/* A node in the index of what the graph holds, by name and variant. */
struct indexed {
	char *key;
	struct node *node;
};

static void *node_index;

static int
compare_indexed(const void *a, const void *b)
{
	return strcmp(((const struct indexed *)a)->key, ((const struct indexed *)b)->key);
}

static struct node *
index_find(const char *key)
{
	struct indexed wanted = {.key = xstrdup(key)};
	struct indexed **found = tfind(&wanted, &node_index, compare_indexed);

	free(wanted.key);
	return found ? (*found)->node : NULL;
}

static void
index_add(char *key, struct node *node)
{
	struct indexed *entry = xcalloc(1, sizeof *entry);

	entry->key = key;
	entry->node = node;
	if (!tsearch(entry, &node_index, compare_indexed))
		die("out of memory");
}

static void
graph_append(struct graph *graph, struct node *node)
{
	if ((graph->count & (graph->count + 1)) == 0)
		graph->node = xrealloc(
			graph->node, (graph->count + 1) * 2, sizeof *graph->node);
	graph->node[graph->count++] = node;
}

static int
compare_nodes(const void *a, const void *b)
{
	const struct node *const *one = a, *const *two = b;

	return strcmp((*one)->name, (*two)->name);
}

static void
node_depend(struct node *node, struct node *on)
{
	for (size_t i = 0; i < node->depend_count; i++)
		if (node->depends[i] == on)
			return;
	node->depends =
		xrealloc(node->depends, node->depend_count + 1, sizeof *node->depends);
	node->depends[node->depend_count++] = on;
}

static void
node_finish(struct graph *graph, struct node *node)
{
	if (node->depend_count)
		qsort(node->depends, node->depend_count, sizeof *node->depends,
			compare_nodes);
	graph->toolchain_arch = xstrdup(node->arch);
	node_identity(node, false, node->identity);
	node_key(node, node->key);
	graph_append(graph, node);
}

static _Noreturn void
die_cycle(const struct way *way, const struct recipe *recipe)
{
	char *text = xstrdup(recipe->name);

	for (const struct way *at = way; at; at = at->from) {
		char *longer = xasprintf("%s -> %s", at->name, text);

		free(text);
		text = longer;
		if (strcmp(at->name, recipe->name) == 0)
			break;
	}
	die("%s: [depends]: dependency cycle: %s", recipe->file, text);
}

static struct recipe *
read_recipe(const char *name, const char *asked_by)
{
	struct recipe *recipe = xcalloc(1, sizeof *recipe);
	struct error e;
	char *dir;

	if (tree_find_recipe(name, &dir, &e) < 0) {
		if (asked_by)
			die("%s: %s", asked_by, e.text);
		die("%s", e.text);
	}
	if (recipe_read(recipe, dir, &e) < 0)
		die("%s", e.text);
	free(dir);
	return recipe;
}

static struct node *add_recipe(struct walk *walk, const char *name, const char *asked_by,
	const struct way *from);

static struct node *
add_kernel(struct walk *walk, const char *asked_by, const struct way *from)
{
	if (!walk->kernel_recipe)
		die("%s: is built against a board's kernel: say which with --board BOARD",
			asked_by);
	if (!walk->kernel)
		walk->kernel = add_recipe(walk, walk->kernel_recipe, asked_by, from);
	if (walk->kernel->recipe->kind != RECIPE_KERNEL)
		die("%s: [kernel] recipe: %s is no kernel (its kind is %s)", asked_by,
			walk->kernel->name, recipe_kind_name(walk->kernel->recipe->kind));
	return walk->kernel;
}

static void
add_depends(struct walk *walk, struct node *node, const struct way *way)
{
	const struct recipe *recipe = node->recipe;

	for (size_t i = 0; i < recipe->depends.count; i++) {
		const char *name = recipe->depends.item[i];
		const struct way *at = way;

		while (at && strcmp(at->name, name) != 0)
			at = at->from;
		if (at) {
			struct recipe *again = read_recipe(name, recipe->file);

			die_cycle(way, again);
		}
		if (strcmp(name, "kernel") == 0)
			node->kernel = add_kernel(walk, recipe->file, way);
		else
			node_depend(node, add_recipe(walk, name, recipe->file, way));
	}
	if (recipe->kind == RECIPE_MODULE)
		node->kernel = add_kernel(walk, recipe->file, way);
	if (node->kernel)
		node_depend(node, node->kernel);
}

static struct kconfig *
read_fragments(const struct strlist *names, const char *asked_by)
{
	struct kconfig *config = xcalloc(1, sizeof *config);
	struct strlist files = {0};
	struct error e;

	for (size_t i = 0; i < names->count; i++) {
		char *file;

		if (tree_find_fragment(names->item[i], &file, &e) < 0)
			die("%s: [kernel] config: %s", asked_by, e.text);
		if (strlist_add(&files, file) < 0)
			die("out of memory");
		free(file);
	}
	if (kconfig_read(config, &files, &e) < 0)
		die("%s", e.text);
	strlist_free(&files);
	return config;
}

/* Nodes of one name differ by the kernel they are, or are built against. */
static char *
variant_key(const struct walk *walk, const struct recipe *recipe)
{
	char *text, *key, hash[SHA256_HEX] = "";

	if (recipe->kind == RECIPE_KERNEL || recipe->kind == RECIPE_MODULE ||
		strlist_has(&recipe->depends, "kernel")) {
		text = xstrdup(walk->kernel_recipe ? walk->kernel_recipe : "");
		for (size_t i = 0; i < walk->fragments.count; i++) {
			char *longer = xasprintf("%s %s", text, walk->fragments.item[i]);

			free(text);
			text = longer;
		}
		sha256_hex(text, strlen(text), hash);
		free(text);
	}
	key = xasprintf("%s %s %s", recipe->name, walk->arch, hash);
	return key;
}

static struct node *
add_recipe(
	struct walk *walk, const char *name, const char *asked_by, const struct way *from)
{
	struct way way = {.name = name, .from = from};
	struct recipe *recipe;
	struct node *node;
	char *plain = xasprintf("%s %s ", name, walk->arch);
	char *key;

	node = index_find(plain); /* the common case, without reading the recipe again */
	free(plain);
	if (node)
		return node;
	recipe = read_recipe(name, asked_by);
	key = variant_key(walk, recipe);
	node = index_find(key);
	if (node) {
		free(key);
		recipe_free(recipe);
		free(recipe);
		return node;
	}
	if (recipe->kind == RECIPE_KERNEL && !walk->kernel_recipe)
		die("%s: a kernel is built for a board: say which with --board BOARD",
			recipe->file);
	node = xcalloc(1, sizeof *node);
	node->kind = NODE_RECIPE;
	node->name = recipe->name;
	node->arch = walk->arch;
	node->recipe = recipe;
	if (recipe->kind == RECIPE_KERNEL)
		node->kconfig = read_fragments(&walk->fragments, recipe->file);
	add_depends(walk, node, &way);
	node_finish(walk->graph, node);
	index_add(key, node);
	return node;
}

static struct board *
read_board(const char *name)
{
	struct board *board = xcalloc(1, sizeof *board);
	struct error e;
	char *dir;

	if (tree_find_board(name, &dir, &e) < 0)
		die("%s", e.text);
	if (board_read(board, dir, &e) < 0)
		die("%s", e.text);
	free(dir);
	return board;
}

static void
walk_for_board(struct walk *walk, const struct board *board)
{
	walk->arch = board->arch;
	walk->kernel_recipe = board->kernel;
	walk->fragments = board->fragments;
}

static struct node *
add_image(struct walk *walk, struct board *board)
{
	struct way way = {.name = board->name};
	struct node *node = xcalloc(1, sizeof *node);

	walk_for_board(walk, board);
	node->kind = NODE_IMAGE;
	node->name = board->name;
	node->arch = board->arch;
	node->board = board;
	node->kernel = add_kernel(walk, board->file, &way);
	node_depend(node, node->kernel);
	for (size_t i = 0; i < board->recipes.count; i++)
		node_depend(node,
			add_recipe(walk, board->recipes.item[i], board->file, &way));
	node_finish(walk->graph, node);
	return node;
}

_Noreturn static void
die_unknown(const char *target)
{
	struct strlist names = {0};
	const char *near;
	struct error e;

	if (tree_list_boards(&names, &e) < 0 || tree_list_recipes(&names, &e) < 0)
		die("%s", e.text);
	near = nearest(target, &names);
	die("no board and no recipe is called \"%s\": %s%s%s", target,
		near ? "did you mean \"" : "--tree DIR adds another tree",
		near ? near : "", near ? "\"?" : "");
}

struct node *
graph_add(struct graph *graph, const char *target, const char *board_name)
{
	struct walk walk = {.graph = graph, .arch = DEFAULT_ARCH};
	struct error e;
	char *dir;
	int r = tree_find_board(target, &dir, &e);

	if (r == 0) {
		free(dir);
		return add_image(&walk, read_board(target));
	}
	if (r != -ENOENT)
		die("%s", e.text);
	if (board_name)
		walk_for_board(&walk, read_board(board_name));
	r = tree_find_recipe(target, &dir, &e);
	if (r == -ENOENT)
		die_unknown(target);
	if (r < 0)
		die("%s", e.text);
	free(dir);
	return add_recipe(&walk, target, NULL, NULL);
}
