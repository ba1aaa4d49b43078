/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_LAST_H
#define BUILDER_LAST_H

struct node;

/* Keeps the fields of a node's identity in the store (last/NAME), for the next "why". */
void last_record(const struct node *node);

/*
 * Why the node is not in the store, for people: "never built here", "script changed",
 * "depends on musl, which changed". The caller frees.
 */
char *last_why(const struct node *node);

#endif
