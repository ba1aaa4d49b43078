/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/error.h"
#include "lib/io.h"
#include "builder/graph/graph.h"
#include "builder/graph/identity.h"
#include "last.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "builder/base/xalloc.h"

#define LAST_MAX (4u << 20)

static char *
last_path(const struct node *node)
{
	char *dir = xasprintf("%s/last", store_path());
	char *path;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		die("%s: cannot create: %s", dir, strerror(errno));
	path = xasprintf("%s/%s", dir, node->name);
	free(dir);
	return path;
}

static char *
fields_text(const struct node *node)
{
	struct strlist fields = {0};
	size_t size = 1;
	char *text, *at;

	node_fields(node, &fields);
	for (size_t i = 0; i < fields.count; i++)
		size += strlen(fields.item[i]) + 1;
	text = at = xmalloc(size);
	for (size_t i = 0; i < fields.count; i++) {
		at = stpcpy(at, fields.item[i]);
		*at++ = '\n';
	}
	*at = '\0';
	strlist_free(&fields);
	return text;
}

void
last_record(const struct node *node)
{
	char *path = last_path(node), *text = fields_text(node);
	struct error e;

	if (io_replace_file(AT_FDCWD, path, text, strlen(text), 0644, &e) < 0)
		warn("%s", e.text); /* only a later "why" is poorer for it */
	free(text);
	free(path);
}

/* The name of the first field in which two texts differ; depend/key pairs name the
 * dependency. */
static char *
first_difference(const struct node *node, char *now, char *then)
{
	char *save_now, *save_then;
	char *a = strtok_r(now, "\n", &save_now), *b = strtok_r(then, "\n", &save_then);
	size_t depend = 0;

	while (a && b && strcmp(a, b) == 0) {
		depend += strncmp(a, "key ", 4) == 0;
		a = strtok_r(NULL, "\n", &save_now);
		b = strtok_r(NULL, "\n", &save_then);
	}
	if (!a && !b)
		return xstrdup("its result is gone from the store");
	if (!a)
		a = b;
	if (strncmp(a, "key ", 4) == 0 && depend < node->depend_count)
		return xasprintf(
			"%s changed, which it depends on", node->depends[depend]->name);
	a[strcspn(a, " ")] = '\0';
	return xasprintf("its %s changed since it was last built", a);
}

char *
last_why(const struct node *node)
{
	char *path = last_path(node), *then, *now, *why;
	struct error e;
	size_t size;

	if (io_read_file(AT_FDCWD, path, LAST_MAX, &then, &size, &e) < 0) {
		free(path);
		return xstrdup("it was never built here");
	}
	now = fields_text(node);
	why = first_difference(node, now, then);
	free(now);
	free(then);
	free(path);
	return why;
}
