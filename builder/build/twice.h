/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_TWICE_H
#define BUILDER_TWICE_H

#include <stddef.h>

struct node;
struct store_index;
struct strlist;

/*
 * Adds a line to `lines` for each name of which two results do not have the same, and
 * says how many those are.
 */
size_t twice_compare(const struct store_index *first, const struct store_index *second,
	struct strlist *lines);

/*
 * Builds the node, whose tree is known, once more whatever the store has. Dies, naming
 * files, if another tree comes of it, which stays in the store to be looked at.
 */
void twice_build(struct node *node);

#endif
