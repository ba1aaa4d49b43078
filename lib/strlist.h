/* SPDX-License-Identifier: ISC */
#ifndef LIB_STRLIST_H
#define LIB_STRLIST_H

#include <stdbool.h>
#include <stddef.h>

/* An owned, growing list of owned strings; all zero is an empty list. */
struct strlist {
	char **item;
	size_t count;
};

/* Appends a copy of text; 0 or -ENOMEM. */
int strlist_add(struct strlist *list, const char *text);

/* Appends each blank-separated word of text; 0 or -ENOMEM. */
int strlist_split(struct strlist *list, const char *text);

/* True if text stands in the list. */
bool strlist_has(const struct strlist *list, const char *text);

/* Sorts by bytes, as strcmp(3) compares. */
void strlist_sort(struct strlist *list);

/* Frees the strings and empties the list. */
void strlist_free(struct strlist *list);

#endif
