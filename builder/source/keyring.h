/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_KEYRING_H
#define BUILDER_KEYRING_H

#include "lib/sha256.h"
#include "lib/strlist.h"

struct gpg_result;
struct error;

/* The keys that may sign a .dsc: files, and what a lock says of each. */
struct keyring {
	struct strlist files;
	struct strlist names; /* "debian-keyring 2025.07.26 debian-keyring.pgp" */
	char **sha256; /* of the package, or of the file */
};

/*
 * The pinned debian-keyring package (recipes/toolchain/keyring.lock), not the host's:
 * that of an old stable release lacks newer maintainers. With files, those are taken
 * instead. Dies.
 */
void keyring_open(struct keyring *keyring, const struct strlist *files);

/*
 * Checks a clear-signed file; *which is the index of the keyring that held the key, the
 * last one if none did. As gpg_verify().
 */
int keyring_verify(const struct keyring *keyring, struct gpg_result *result,
	const char *file, const char *plain, size_t *which, struct error *e);

#endif
