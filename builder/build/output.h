/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_OUTPUT_H
#define BUILDER_OUTPUT_H

struct node;
struct strlist;

/*
 * Puts the finished image's files into OUT/BOARD/ so that the folder appears, or is
 * replaced, as a whole; a folder that already holds them is left alone. Returns the line
 * for stdout: path, size, sha256, identity. A recipe's result stays in the store and the
 * line names it there.
 */
char *output_node(const struct node *node);

/* Adds the paths of an image's files in OUT/BOARD/, or of a recipe's in the store, and
 * the folder's. */
void output_list(const struct node *node, struct strlist *paths);

/* The folder OUT/BOARD and the path of its image; the caller frees. */
char *output_dir(const char *board);
char *output_image(const char *board);

#endif
