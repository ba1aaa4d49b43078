/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_IDENTITY_H
#define BUILDER_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/sha256.h"
#include "lib/strlist.h"

struct node;

/*
 * An identity is the SHA-256 of a canonical encoding of everything that can change an
 * output: fields in a fixed order, each as type byte, u32 length of its name, name, u64
 * length of its value, value; all little-endian. The first field is the encoding's own
 * version. What cannot change the output (addresses, mirrors, signatures, the store's
 * path, job counts, comments) has no field.
 */
#define IDENTITY_VERSION 1

/* What every build step gets as SOURCE_DATE_EPOCH, and every file of the store as mtime.
 */
#define SOURCE_DATE_EPOCH 1767225600 /* 2026-01-01T00:00:00Z */

struct identity {
	struct sha256 hash;
	struct strlist *fields; /* if not NULL: gets "NAME VALUE-HASH" of each field */
};

void identity_begin(struct identity *id, const char *what);
void identity_text(
	struct identity *id, const char *name, const char *value); /* NULL: absent */
void identity_number(struct identity *id, const char *name, uint64_t value);
void identity_list(struct identity *id, const char *name, const struct strlist *list);
void identity_end(struct identity *id, char hex[SHA256_HEX]);

/*
 * The identity of a node whose dependencies have theirs; with `outputs` the second key,
 * which has the dependencies' output hashes in place of their identities (early cutoff).
 * Dies when an input cannot be read.
 */
void node_identity(const struct node *node, bool outputs, char hex[SHA256_HEX]);

/*
 * What a node's result is kept under: a recipe's identity; for an image also the proofs
 * of its sources, which its manifest repeats although they change no identity.
 */
void node_key(const struct node *node, char hex[SHA256_HEX]);

/* The fields of a node's identity, "NAME HASH" each: what `ingot build -n` compares. */
void node_fields(const struct node *node, struct strlist *fields);

#endif
