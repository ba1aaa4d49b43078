/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_PART_H
#define BUILDER_PART_H

#include <stdbool.h>

struct recipe;

/*
 * The part of an archive that a recipe's `only =` names is kept in the store, by the
 * archive's SHA-256 and the patterns: most of the work is to decompress what stands
 * between. Whoever unpacks the whole can keep the parts of others.
 */

/* True if the recipe wants a part of its archive. */
bool part_wanted(const struct recipe *recipe);

/* True if the store has it; then it is copied into the empty folder dir, if not NULL. */
bool part_take(const struct recipe *recipe, const char *dir);

/*
 * Keeps what the recipe wants of the archive unpacked below dir. Does nothing if a
 * pattern matches nothing or hard links are among it: unpacking says what is wrong then.
 * Dies.
 */
void part_keep(const struct recipe *recipe, const char *dir);

#endif
