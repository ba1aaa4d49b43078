/* SPDX-License-Identifier: ISC */
#include "strlist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
add_bytes(struct strlist *list, const char *text, size_t size)
{
	char *copy = malloc(size + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, size);
	copy[size] = '\0';
	/* Room doubles each time the count is a power of two. */
	if ((list->count & (list->count - 1)) == 0) {
		size_t room = list->count ? list->count * 2 : 1;
		char **item = reallocarray(list->item, room, sizeof(*item));

		if (!item) {
			free(copy);
			return -ENOMEM;
		}
		list->item = item;
	}
	list->item[list->count++] = copy;
	return 0;
}

int
strlist_add(struct strlist *list, const char *text)
{
	return add_bytes(list, text, strlen(text));
}

#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak" /* the list owns the copies */
#endif

int
strlist_split(struct strlist *list, const char *text)
{
	static const char blanks[] = " \t\n";
	int r;

	for (;;) {
		size_t size;

		text += strspn(text, blanks);
		size = strcspn(text, blanks);
		if (size == 0)
			return 0;
		r = add_bytes(list, text, size);
		if (r < 0)
			return r;
		text += size;
	}
}

bool
strlist_has(const struct strlist *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->item[i], text) == 0)
			return true;
	return false;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
strlist_sort(struct strlist *list)
{
	if (list->count > 1)
		qsort(list->item, list->count, sizeof(*list->item), compare);
}

void
strlist_free(struct strlist *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->item[i]);
	free(list->item);
	list->item = NULL;
	list->count = 0;
}
