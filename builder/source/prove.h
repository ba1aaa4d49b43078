/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_PROVE_H
#define BUILDER_PROVE_H

#include <stdbool.h>

#include "lock.h"

struct keyring;
struct strlist;
struct suite;

/* A package of a suite whose chain is to be proven. */
struct proof {
	const char *origin; /* "file:line", for messages */
	const char *name; /* of the recipe */
	const char *package;
	const char *version; /* NULL: the suite's highest */
	const char *suite;
	const char *archive_keyring; /* NULL: the host's */
	const struct keyring *keyring;
	const struct strlist *accepted; /* fingerprints by --accept-signer */
};

/*
 * Proves InRelease -> Sources -> .dsc -> the hashes of its files and fills the lock.
 * False if the suite has no such package or version; everything else that does not hold
 * ends the program.
 */
bool prove_source(const struct proof *proof, struct lock *lock);

/* What a lock says of the archive it was made from, for one index. */
void prove_archive(const struct suite *suite, const char *index, const char *index_sha256,
	struct lock_archive *archive);

#endif
