/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_PARTS_H
#define BUILDER_PARTS_H

struct graph;
struct node;

/*
 * Among the nodes that wait, brings each that wants a part of an archive together with
 * one that wants the whole of the same: node->whole and node->parts. Not where the store
 * has the part.
 */
void parts_plan(const struct graph *graph);

/* The node's job came to this step: unpacked says when parts of its source are kept. */
void parts_step(struct node *node, const char *step);

#endif
