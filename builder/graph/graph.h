/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_GRAPH_H
#define BUILDER_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/sha256.h"
#include "builder/read/board.h"
#include "builder/read/kconfig.h"
#include "builder/read/recipe.h"

enum node_kind { NODE_RECIPE, NODE_IMAGE };

/* How far a node has come; see schedule.c. */
enum node_state { NODE_UNKNOWN, NODE_WAITING, NODE_RUNNING, NODE_DONE };

/* One thing to build: a recipe (for an arch, and a kernel where it needs one) or a
 * board's image. */
struct node {
	enum node_kind kind;
	char *name;
	const char *arch;
	struct recipe *recipe; /* NODE_RECIPE */
	struct board *board; /* NODE_IMAGE */
	struct kconfig *kconfig; /* the requests a kernel is configured by */
	struct node **depends; /* sorted by name; an image's are what it holds */
	size_t depend_count;
	struct node *kernel; /* NODE_IMAGE and modules: also among depends */
	char identity[SHA256_HEX];
	char key[SHA256_HEX]; /* of its result in the store; see node_key() */

	enum node_state state;
	char tree[SHA256_HEX]; /* of its result, once NODE_DONE */
	bool built; /* in this run */
	bool twice; /* to be built once more, also if the store has it, and compared */

	struct node
		*whole; /* unpacks the archive that this one wants a part of, or NULL */
	const struct recipe **parts; /* the other way round, ended by NULL; or NULL */
	bool unpacking, unpacked; /* whether its source came so far */
};

/* Dependencies stand before what depends on them. */
struct graph {
	struct node **node;
	size_t count;
	char *toolchain_arch; /* NULL while no node is there */
};

/*
 * Adds a board's image or a recipe with all it depends on and computes the identities.
 * board_name says whose kernel a module recipe is built against (NULL: an error if one is
 * needed). Everything is read strictly; the first mistake ends the program.
 */
struct node *graph_add(struct graph *graph, const char *target, const char *board_name);

#endif
