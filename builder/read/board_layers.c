/* SPDX-License-Identifier: ISC */
#include "board_layers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "builder/base/path.h"
#include "builder/base/tree.h"
#include "builder/base/xalloc.h"

static int
open_base(struct layers *layers, const struct ini_entry *inherit,
	const struct field *known, struct error *e)
{
	struct ini_entry *second;
	char *file, *shown;
	int r = tree_find_board(layers->base_name, &layers->base_dir, e);

	if (r < 0)
		return field_blame(&layers->own, inherit, r, e);
	file = path_join(layers->base_dir, "board.ini");
	shown = path_shown(file);
	r = ini_read(&layers->base, shown, e);
	free(file);
	free(shown);
	if (r < 0)
		return r;
	second = ini_get(&layers->base, "board", "inherit");
	if (second)
		return ini_bad(&layers->own, inherit, e,
			"\"%s\" inherits \"%.80s\" itself (%s:%u): one level is all there is",
			layers->base_name, second->value, layers->base.file,
			second->line);
	return field_known(&layers->base, known, e);
}

int
layers_open(struct layers *layers, const char *name, const struct field *known,
	struct error *e)
{
	struct ini_entry *inherit = ini_get(&layers->own, "board", "inherit");
	int r;

	if (!inherit)
		return 0;
	r = field_name(&layers->own, inherit, NAME_OTHER, &layers->base_name, e);
	if (r == 0 && strcmp(layers->base_name, name) == 0)
		r = ini_bad(&layers->own, inherit, e, "a board cannot inherit itself");
	return r < 0 ? r : open_base(layers, inherit, known, e);
}

void
layers_free(struct layers *layers)
{
	ini_free(&layers->own);
	ini_free(&layers->base);
	free(layers->base_name);
	free(layers->base_dir);
	memset(layers, 0, sizeof(*layers));
}

bool
layers_get(
	struct layers *layers, const char *section, const char *key, struct found *found)
{
	found->ini = &layers->own;
	found->entry = ini_get(&layers->own, section, key);
	if (!found->entry && layers->base_name) {
		found->ini = &layers->base;
		found->entry = ini_get(&layers->base, section, key);
	}
	return found->entry;
}

int
layers_need(struct layers *layers, const char *section, const char *key,
	struct found *found, struct error *e)
{
	if (layers_get(layers, section, key, found))
		return 0;
	if (ini_need(&layers->own, section, key, e))
		return 0;
	if (layers->base_name && e) {
		struct error why = *e;

		(void)error_set(
			e, EINVAL, "%s, here and in %s", why.text, layers->base.file);
	}
	return -EINVAL;
}
