/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SOURCE_H
#define BUILDER_SOURCE_H

#include "lib/sha256.h"
#include "builder/read/recipe.h"

struct error;

/* SHA-256 over the names, modes (x bits), links and bytes below the recipe's path
 * sources. */
int source_path_identity(
	const struct recipe *recipe, char hex[SHA256_HEX], struct error *e);

/* Brings every archive of the recipe into the store as a blob, its SHA-256 checked. Dies.
 */
void source_fetch(const struct recipe *recipe);

/*
 * Fetched, unpacked (hostile archives refused) and patched into the empty folder dir.
 * `parts` (NULL, or ended by NULL) are recipes that want a part of the same archive, of
 * which this one wants the whole: theirs are kept in the store on the way. Dies.
 */
void source_unpack(
	const struct recipe *recipe, const char *dir, const struct recipe *const *parts);

#endif
