/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_RECIPE_SOURCE_H
#define BUILDER_RECIPE_SOURCE_H

#include "recipe.h"

struct ini;

/* The [source] section of a recipe whose name and dir are set. 0 or -errno. */
int recipe_source_read(
	struct recipe *recipe, struct ini *ini, bool unlocked, struct error *e);
void recipe_source_free(struct source *source);

#endif
