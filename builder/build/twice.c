/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "builder/graph/graph.h"
#include "builder/store/store.h"
#include "lib/strlist.h"
#include "twice.h"

#define SHOWN 20

static void
add(struct strlist *lines, char *line)
{
	if (strlist_add(lines, line) < 0)
		die("out of memory");
	free(line);
}

/* What two files of one name differ in, or NULL. */
static char *
difference(const struct store_file *a, const struct store_file *b)
{
	if ((a->mode & S_IFMT) != (b->mode & S_IFMT))
		return xasprintf("%s: not even the same kind of file", a->path);
	if (a->mode != b->mode)
		return xasprintf("%s: mode %04o, then %04o", a->path, a->mode & 07777,
			b->mode & 07777);
	if (S_ISLNK(a->mode) && strcmp(a->link, b->link) != 0)
		return xasprintf(
			"%s: a link to %s, then to %s", a->path, a->link, b->link);
	if (a->size != b->size)
		return xasprintf("%s: %llu bytes, then %llu", a->path,
			(unsigned long long)a->size, (unsigned long long)b->size);
	if (strcmp(a->sha256, b->sha256) != 0)
		return xasprintf("%s: other bytes, as many", a->path);
	return NULL;
}

static char *
only(const struct store_file *file, const char *time)
{
	return xasprintf("%s: only the %s time", file->path, time);
}

size_t
twice_compare(const struct store_index *first, const struct store_index *second,
	struct strlist *lines)
{
	size_t i = 0, j = 0, before = lines->count;

	while (i < first->count && j < second->count) {
		const struct store_file *a = &first->file[i], *b = &second->file[j];
		int order = strcmp(a->path, b->path);
		char *line = order < 0	 ? only(a, "first")
			     : order > 0 ? only(b, "second")
					 : difference(a, b);

		if (line)
			add(lines, line);
		i += order <= 0;
		j += order >= 0;
	}
	for (; i < first->count; i++)
		add(lines, only(&first->file[i], "first"));
	for (; j < second->count; j++)
		add(lines, only(&second->file[j], "second"));
	return lines->count - before;
}

static _Noreturn void
refuse(const struct node *node, const char *first)
{
	struct store_index then, now;
	struct strlist lines = {0};
	size_t count;

	store_read_index(first, &then);
	store_read_index(node->tree, &now);
	count = twice_compare(&then, &now, &lines);
	for (size_t i = 0; i < count && i < SHOWN; i++)
		say("%s: %s", node->name, lines.item[i]);
	if (count > SHOWN)
		say("%s: and %zu more", node->name, count - SHOWN);
	die("%s: a second build made something else: compare %s/tree/%s/root with %s/tree/%s/root; look for dates, random names, addresses, the order of a folder and races of make",
		node->name, store_path(), first, store_path(), node->tree);
}

void
twice_build(struct node *node)
{
	char first[SHA256_HEX];

	memcpy(first, node->tree, sizeof(first));
	if (node->kind == NODE_IMAGE)
		build_image(node);
	else
		build_recipe(node);
	if (strcmp(first, node->tree) != 0)
		refuse(node, first);
}
