/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_TREE_H
#define BUILDER_TREE_H

#include <stdbool.h>

struct error;
struct strlist;

/*
 * The trees that names are looked up in: the one `ingot` was built in, then INGOT_PATH,
 * then each
 * --tree. A tree has recipes/NAME/recipe.ini, kernel-configs/NAME.config,
 * boards/NAME/board.ini, tests/. A name that stands in two trees is an error unless the
 * later one says `replaces`.
 */

/* The folder recipes/NAME or boards/NAME; the caller frees. 0, -ENOENT with the nearest
 * name. */
int tree_find_recipe(const char *name, char **dir, struct error *e);
int tree_find_board(const char *name, char **dir, struct error *e);

/* kernel-configs/NAME.config. */
int tree_find_fragment(const char *name, char **file, struct error *e);

/* All names, sorted. */
int tree_list_recipes(struct strlist *names, struct error *e);
int tree_list_boards(struct strlist *names, struct error *e);

/* The tree that ingot itself came from. */
const char *tree_builtin(void);

#endif
