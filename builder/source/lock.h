/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_LOCK_H
#define BUILDER_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/sha256.h"
#include "gpg.h"

struct error;
struct ini;
struct recipe;

/* The archive's side of a proof, the same in every lock. */
struct lock_archive {
	char *suite;
	char inrelease_sha256[SHA256_HEX];
	int64_t date; /* of InRelease, seconds */
	char *signers; /* primary fingerprints of its good signatures, blank-separated,
			  sorted */
	char *index; /* "main/source/Sources.xz" */
	char index_sha256[SHA256_HEX];
};

struct lock_file {
	char *name;
	char sha256[SHA256_HEX];
	uint64_t size;
};

/*
 * recipes/NAME/source.lock: the proof of a Debian source's pin, from InRelease down to
 * the files. It was made once, by `ingot lock`; a fetch needs the hashes alone.
 */
struct lock {
	char *package, *version;
	char *directory; /* in the archive */
	struct lock_archive archive;
	struct lock_file dsc;
	struct gpg_signature signature; /* of the .dsc */
	char *accepted; /* fingerprint taken by --accept-signer, or NULL */
	char *keyring; /* "debian-keyring 2025.07.26 debian-keyring.pgp" */
	char keyring_sha256[SHA256_HEX]; /* of the keyring's package, or of the file
					    itself */
	struct lock_file *file; /* what the .dsc lists, sorted by name */
	size_t count;
};

/* 0 or -errno with "file:line: key: why"; lock_free() in either case. */
int lock_read(struct lock *lock, const char *path, struct error *e);
int lock_parse(struct lock *lock, const char *file, const char *text, size_t size,
	struct error *e);
void lock_free(struct lock *lock);

/* The file's bytes; the caller frees. NULL: out of memory. */
char *lock_text(const struct lock *lock);

/* The file of that name, or NULL. */
const struct lock_file *lock_find(const struct lock *lock, const char *name);

/* 0, or -ESTALE saying where the lock proves something else than the recipe asks for. */
int lock_matches(const struct lock *lock, const struct recipe *recipe, struct error *e);

/* DIR/source.lock of a recipe. */
char *lock_path(const struct recipe *recipe);

/*
 * Whether a signature is enough by itself: good, or by a key that expired only after it
 * signed. What is not needs --accept-signer; what is bad is never taken.
 */
bool lock_trusts(const struct gpg_signature *signature);

/* The sections [archive] of any lock: reading and, for the other kinds of lock, writing.
 */
int lock_archive_parse(struct lock_archive *archive, struct ini *ini, struct error *e);
void lock_archive_print(const struct lock_archive *archive, FILE *to);
void lock_archive_free(struct lock_archive *archive);

/* Typed fields shared by the readers of locks: 0 or -errno with e. */
int lock_need_text(struct ini *ini, const char *section, const char *key, char **value,
	struct error *e);
int lock_need_hash(struct ini *ini, const char *section, const char *key,
	char sha256[SHA256_HEX], struct error *e);

/* 2026-09-12T07:55:41Z */
const char *lock_time(int64_t seconds, char text[32]);

#endif
