/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SUITE_H
#define BUILDER_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/sha256.h"

/*
 * One suite of a Debian archive, from its signed InRelease down to the stanzas of its
 * indexes. Everything is hashed against the level above; what does not fit ends the
 * program (die).
 */
struct suite {
	char *name; /* as asked for: "trixie" */
	char *keyring; /* file that held the signers' keys */
	char *inrelease; /* path of the signed file, gone when this process ends */
	char sha256[SHA256_HEX]; /* of it */
	int64_t date; /* seconds */
	char *signers; /* primary fingerprints of the good signatures, sorted */
	char *text; /* the signed bytes */
	size_t size;
};

/* What the index says of one package. */
struct stanza {
	char *text;
	size_t size;
	char *version;
};

#define SUITE_KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"

/* Downloads and proves InRelease, once a process. keyring NULL: SUITE_KEYRING. */
const struct suite *suite_open(const char *name, const char *keyring);

/*
 * Store path of an index ("main/source/Sources"), downloaded if need be; its hash and, in
 * *entry, its name as InRelease has it, compression and all.
 */
char *suite_index(const struct suite *suite, const char *name, char **entry,
	char sha256[SHA256_HEX]);

/* Each stanza of an index in turn, until `each` returns non-zero, which is returned. */
int suite_each(const char *index,
	int (*each)(void *context, const char *text, size_t size), void *context);

/* The package's stanza of that version, NULL: its highest. False if there is none. */
bool suite_find(const char *index, const char *package, const char *version,
	struct stanza *stanza);

/* Below 0, 0, above 0 as dpkg(1) compares versions. */
int suite_compare_versions(const char *a, const char *b);

/* A field of a stanza as a string; dies naming `what` if it is not there. */
char *stanza_field(const char *text, size_t size, const char *field, const char *what);

#endif
