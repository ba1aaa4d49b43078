/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_PIN_H
#define BUILDER_PIN_H

#include <stdbool.h>
#include <stddef.h>

struct lock;
struct recipe;

/* One key of [source] with the value it shall have. */
struct pin {
	const char *key;
	char *value; /* NULL: left as it is */
};

/*
 * The text of a recipe.ini with the pins' values in its section [source]: a key's value
 * is replaced where it stands, a missing key gets a line below the pin before it. All
 * other bytes stay. NULL if there is no section [source]. The caller frees.
 */
char *pin_rewrite(const char *text, const struct pin *pin, size_t count);

#define PIN_COUNT 5

/* What a proven lock asks of the recipe: debian, file, sha256, debian-file,
 * debian-sha256. Dies. */
void pin_from_lock(
	const struct recipe *recipe, const struct lock *lock, struct pin pin[PIN_COUNT]);

/* Writes them into recipe.ini; true if that changed it. Each change is printed. */
bool pin_write(const struct recipe *recipe, const struct pin *pin, size_t count);

#endif
