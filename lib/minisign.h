/* SPDX-License-Identifier: ISC */
#ifndef LIB_MINISIGN_H
#define LIB_MINISIGN_H

#include <stddef.h>
#include <stdint.h>

#include <sodium.h>

struct error;

/*
 * Signatures as minisign(1) makes them: Ed25519 over the BLAKE2b-512 of a file, and once
 * more over the signature and its trusted comment. The older form, over the file itself,
 * is refused. Several people's signatures stand one after the other in one file, four
 * lines each; `minisign -V` looks at the first. sodium_init() comes first.
 */
#define MINISIGN_KEYNUM	 8
#define MINISIGN_HASH	 64 /* bytes of BLAKE2b-512 */
#define MINISIGN_KEYS	 16 /* at most, trusted and in a signatures file */
#define MINISIGN_COMMENT 512 /* bytes of a comment at most, with a NUL */
#define MINISIGN_TEXT	 1536 /* bytes at most of one signature's four lines */
#define MINISIGN_ID	 17 /* a key id for people: 16 hex digits and a NUL */
#define MINISIGN_SECRET	 512 /* bytes at most of a secret key's file */
#define MINISIGN_PUBLIC	 128 /* bytes at most of a public key's file that we write */

struct minisign_public {
	uint8_t keynum[MINISIGN_KEYNUM];
	uint8_t key[crypto_sign_PUBLICKEYBYTES];
};

struct minisign_secret {
	uint8_t keynum[MINISIGN_KEYNUM];
	uint8_t key[crypto_sign_SECRETKEYBYTES];
};

/* What encrypting a secret key costs: see crypto_pwhash_scryptsalsa208sha256(3). */
struct minisign_cost {
	uint64_t operations, memory; /* memory in bytes */
};

/* What minisign(1) itself takes: seconds, and 1 GiB. */
extern const struct minisign_cost minisign_cost;

/* A key's id as minisign prints it. */
void minisign_id(const uint8_t keynum[MINISIGN_KEYNUM], char id[MINISIGN_ID]);

/* The hash that is signed. */
void minisign_hash(const void *data, size_t size, uint8_t hash[MINISIGN_HASH]);

/* A public key as one line of base64, 56 characters; 0 or -EINVAL with e. */
int minisign_public_parse(
	const char *line, struct minisign_public *public, struct error *e);

/* The same from a file's text, a comment line before it; file is what messages name. */
int minisign_public_read(const char *file, const char *text, size_t size,
	struct minisign_public *public, struct error *e);

/*
 * How many of the trusted keys signed the hash, each counted once; signatures of other
 * keys count nothing. -EINVAL for a malformed file, -EBADMSG for a wrong signature of a
 * trusted key, with e.
 */
int minisign_verify(const char *file, const char *text, size_t size,
	const struct minisign_public *trusted, size_t count,
	const uint8_t hash[MINISIGN_HASH], struct error *e);

/* Writes the four lines; the trusted comment may not hold control characters but tabs.
 * Returns 0 or -EINVAL. */
int minisign_sign(const struct minisign_secret *secret, const uint8_t hash[MINISIGN_HASH],
	const char *trusted_comment, char text[MINISIGN_TEXT], struct error *e);

/* A new pair of keys. */
void minisign_generate(struct minisign_secret *secret, struct minisign_public *public);

/* The text of a public key's file. */
void minisign_public_write(
	const struct minisign_public *public, char text[MINISIGN_PUBLIC]);

/* The text of a secret key's file, encrypted; 0 or -ENOMEM if the cost is too high here.
 */
int minisign_seal(const struct minisign_secret *secret, const char *passphrase,
	const struct minisign_cost *cost, char text[MINISIGN_SECRET], struct error *e);

/*
 * Reads a secret key's file; *encrypted says whether a passphrase is needed, and a NULL
 * passphrase asks for no more than that. 0, -EINVAL malformed, -EACCES a wrong
 * passphrase, -ENOMEM.
 */
int minisign_open(const char *file, const char *text, size_t size, const char *passphrase,
	struct minisign_secret *secret, int *encrypted, struct error *e);

#endif
