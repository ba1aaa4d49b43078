/* SPDX-License-Identifier: ISC */
#ifndef LIB_ROOT_H
#define LIB_ROOT_H

#include <stddef.h>
#include <stdint.h>

#include "files.h"
#include "minisign.h"

struct envelope;
struct error;

/*
 * A root: which keys a device of a board believes, and how many of them have to sign.
 * Version 0 is what the image's settings name; each later one is an envelope that enough
 * keys of the one before and of its own role "root" signed. One JSON object:
 *
 *   root        1, the format's version
 *   board       its name
 *   version     1 more than that of the root before
 *   issued, expires   seconds since 1970; issued < expires
 *   roles       {root, release, index}, each {keys, threshold}: minisign public keys, each
 *               once, of which so many have to sign a root, a release, an index
 *
 * Read strictly: no key is missing, unknown or there twice.
 */
#define ROOT_FORMAT 1
#define ROOT_TEXT   16384 /* bytes at most */

enum root_role { ROOT_ROOT, ROOT_RELEASE, ROOT_INDEX, ROOT_ROLES };

struct role {
	struct minisign_public key[MINISIGN_KEYS];
	size_t keys;
	unsigned threshold; /* 1 to keys */
};

struct root {
	char board[FILES_BOARD_SIZE];
	uint64_t version;
	int64_t issued, expires; /* seconds */
	struct role role[ROOT_ROLES];
};

/* "root", "release", "index"; NULL at ROOT_ROLES. */
const char *root_role_name(enum root_role role);

/* 0, or -EEXIST for a key whose number or bytes stand there, -E2BIG. */
int role_add(struct role *role, const struct minisign_public *key);

/* 1 if both believe the same keys, in any order, by the same threshold. */
int role_same(const struct role *a, const struct role *b);

/* Whether enough keys signed the envelope's text; 0 or -EPERM with e. */
int role_check(const struct role *role, const char *file, const struct envelope *envelope,
	struct error *e);

/* 0, -EINVAL with e ("file: key: why"), -EPROTO for another format. */
int root_parse(struct root *root, const char *file, const char *text, size_t size,
	struct error *e);

/* The text; *text is the caller's to free. 0 or -ENOMEM. */
int root_format(const struct root *root, char **text, struct error *e);

/*
 * Reads the root that follows: for the same board, one version more, signed by enough
 * keys of the one before, and of its own. 0 or -EPERM with e. That an old root has
 * expired is no reason against the one after it.
 */
int root_follow(struct root *root, const struct root *before, const char *file,
	const struct envelope *envelope, struct error *e);

#endif
