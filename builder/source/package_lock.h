/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_PACKAGE_LOCK_H
#define BUILDER_PACKAGE_LOCK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/sha256.h"
#include "lib/strlist.h"
#include "lock.h"

struct error;

struct package {
	char *name, *version, *arch;
	uint64_t size;
	char sha256[SHA256_HEX];
	char *path; /* in the archive: pool/main/... */
};

struct package_link {
	char *path, *target; /* usr/bin/awk -> mawk */
};

/*
 * recipes/toolchain/NAME.lock: Debian binary packages, each by version and hash, and the
 * links that no maintainer script made.
 */
struct package_lock {
	char *name; /* "x86_64", "keyring" */
	struct lock_archive archive;
	struct package *package; /* sorted by name */
	size_t count;
	struct package_link *link; /* sorted by path */
	size_t link_count;
};

/* 0 or -errno with "file:line: key: why"; package_lock_free() in either case. */
int package_lock_read(struct package_lock *lock, const char *path, struct error *e);
int package_lock_parse(struct package_lock *lock, const char *file, const char *text,
	size_t size, struct error *e);
void package_lock_free(struct package_lock *lock);

/* The file's bytes, sorted; the caller frees. NULL: out of memory. */
char *package_lock_text(struct package_lock *lock);

/* SHA-256 over what decides the unpacked files: not the archive's proof, addresses,
 * comments. */
void package_lock_identity(const struct package_lock *lock, char identity[SHA256_HEX]);

/* recipes/toolchain/packages.ini: what is wanted. */
struct package_wishes {
	char *suite;
	char *keyring, *keyring_suite;
	struct strlist packages;
	struct package_link *link;
	size_t link_count;
};

/* For one arch: its own packages and those of all. package_wishes_free() in either case.
 */
int package_wishes_read(struct package_wishes *wishes, const char *path, const char *arch,
	struct error *e);
void package_wishes_free(struct package_wishes *wishes);

#endif
