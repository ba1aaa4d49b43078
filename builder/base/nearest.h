/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_NEAREST_H
#define BUILDER_NEAREST_H

struct strlist;

/*
 * The name in the list that `name` was probably meant to be: the smallest number of
 * letters to insert, drop, change or swap, at most a third of its length (rounded up).
 * NULL if none is near.
 */
const char *nearest(const char *name, const struct strlist *names);

#endif
