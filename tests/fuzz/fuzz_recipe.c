/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>

#include "builder/read/recipe.h"
#include "lib/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as recipes/hello/recipe.ini: a recipe or a message, nothing leaked. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recipe recipe;
	struct error e = {.text = ""};
	int r = recipe_parse(
		&recipe, "recipes/hello", "recipe.ini", (const char *)data, size, &e);

	if (r > 0 || (r < 0 && !e.text[0]) || (r == 0 && !recipe.name))
		__builtin_trap();
	recipe_free(&recipe);
	return 0;
}
