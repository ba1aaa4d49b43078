/* SPDX-License-Identifier: ISC */
#include "minisign.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

#define UNTRUSTED "untrusted comment: "
#define TRUSTED	  "trusted comment: "
#define VARIANT	  sodium_base64_VARIANT_ORIGINAL

/* A signature without its comments: algorithm, key, signature. */
#define SIGNATURE_BYTES (2 + MINISIGN_KEYNUM + crypto_sign_BYTES)
#define PUBLIC_BYTES	(2 + MINISIGN_KEYNUM + crypto_sign_PUBLICKEYBYTES)

struct signature {
	uint8_t bytes[SIGNATURE_BYTES]; /* "ED", key number, signature of the hash */
	/* What the second signature covers: the first, then the trusted comment. */
	uint8_t covered[crypto_sign_BYTES + MINISIGN_COMMENT];
	size_t covered_size;
	uint8_t global[crypto_sign_BYTES];
};

/* What is read, line by line. */
struct lines {
	const char *file, *at, *end;
	unsigned number;
};

static int
bad(const struct lines *lines, struct error *e, const char *why)
{
	return error_set(e, EINVAL, "%s:%u: %s", lines->file, lines->number, why);
}

/* Copies the next line, without its newline. */
static int
take_line(struct lines *lines, char *line, size_t room, struct error *e)
{
	const char *newline = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
	size_t length;

	lines->number++;
	if (!newline)
		return bad(lines, e, "ends before its newline");
	length = (size_t)(newline - lines->at);
	if (length >= room)
		return bad(lines, e, "is too long");
	for (size_t i = 0; i < length; i++)
		if (((unsigned char)lines->at[i] < ' ' && lines->at[i] != '\t') ||
			lines->at[i] == 0x7f)
			return bad(lines, e, "holds a control character");
	memcpy(line, lines->at, length);
	line[length] = '\0';
	lines->at = newline + 1;
	return 0;
}

static int
take_comment(struct lines *lines, const char *prefix, char *line, struct error *e)
{
	size_t length = strlen(prefix);
	char whole[MINISIGN_COMMENT + 32];
	int r = take_line(lines, whole, length + MINISIGN_COMMENT, e);

	if (r < 0)
		return r;
	if (strncmp(whole, prefix, length) != 0)
		return error_set(e, EINVAL, "%s:%u: want a line that begins \"%s\"",
			lines->file, lines->number, prefix);
	memcpy(line, whole + length, strlen(whole + length) + 1);
	return 0;
}

/* Exactly size bytes; there is one way to write them. */
static bool
decode(const char *text, uint8_t *bytes, size_t size)
{
	size_t got = 0;

	return sodium_base642bin(
		       bytes, size, text, strlen(text), NULL, &got, NULL, VARIANT) == 0 &&
	       got == size;
}

static int
take_bytes(struct lines *lines, uint8_t *bytes, size_t size, struct error *e)
{
	char line[256];
	int r = take_line(lines, line, sizeof(line), e);

	if (r == 0 && !decode(line, bytes, size))
		r = error_set(e, EINVAL, "%s:%u: want %zu bytes as base64", lines->file,
			lines->number, size);
	return r;
}

void
minisign_id(const uint8_t keynum[MINISIGN_KEYNUM], char id[MINISIGN_ID])
{
	/* minisign prints the number as a little-endian one. */
	for (size_t i = 0; i < MINISIGN_KEYNUM; i++)
		snprintf(id + 2 * i, 3, "%02X", keynum[MINISIGN_KEYNUM - 1 - i]);
}

void
minisign_hash(const void *data, size_t size, uint8_t hash[MINISIGN_HASH])
{
	crypto_generichash(hash, MINISIGN_HASH, data, size, NULL, 0);
}

int
minisign_public_parse(const char *line, struct minisign_public *public, struct error *e)
{
	uint8_t bytes[PUBLIC_BYTES];

	if (!decode(line, bytes, sizeof(bytes)) || memcmp(bytes, "Ed", 2) != 0)
		return error_set(e, EINVAL,
			"want a minisign public key, 56 characters that begin RW, got \"%.60s\"",
			line);
	memcpy(public->keynum, bytes + 2, MINISIGN_KEYNUM);
	memcpy(public->key, bytes + 2 + MINISIGN_KEYNUM, sizeof(public->key));
	return 0;
}

int
minisign_public_read(const char *file, const char *text, size_t size,
	struct minisign_public *public, struct error *e)
{
	struct lines lines = {.file = file, .at = text, .end = text + size};
	char line[MINISIGN_COMMENT];
	struct error why;
	int r = take_comment(&lines, UNTRUSTED, line, e);

	if (r == 0)
		r = take_line(&lines, line, sizeof(line), e);
	if (r < 0)
		return r;
	if (lines.at != lines.end || minisign_public_parse(line, public, &why) < 0)
		return error_set(e, EINVAL, "%s: is no minisign public key", file);
	return 0;
}

static int
take_signature(struct lines *lines, struct signature *signature, struct error *e)
{
	char comment[MINISIGN_COMMENT];
	int r = take_comment(lines, UNTRUSTED, comment, e);

	if (r == 0)
		r = take_bytes(lines, signature->bytes, sizeof(signature->bytes), e);
	if (r < 0)
		return r;
	if (memcmp(signature->bytes, "Ed", 2) == 0)
		return bad(lines, e, "is a legacy signature, not one of the file's hash");
	if (memcmp(signature->bytes, "ED", 2) != 0)
		return bad(lines, e, "is a signature of an unknown kind");
	r = take_comment(lines, TRUSTED, comment, e);
	if (r < 0)
		return r;
	memcpy(signature->covered, signature->bytes + 2 + MINISIGN_KEYNUM,
		crypto_sign_BYTES);
	memcpy(signature->covered + crypto_sign_BYTES, comment, strlen(comment));
	signature->covered_size = crypto_sign_BYTES + strlen(comment);
	return take_bytes(lines, signature->global, sizeof(signature->global), e);
}

/* libsodium refuses what is not canonical: S >= L, points of small order. */
static bool
holds(const struct signature *signature, const uint8_t hash[MINISIGN_HASH],
	const struct minisign_public *public)
{
	return crypto_sign_verify_detached(
		       signature->covered, hash, MINISIGN_HASH, public->key) == 0 &&
	       crypto_sign_verify_detached(signature->global, signature->covered,
		       signature->covered_size, public->key) == 0;
}

/* Which trusted key it names, count for none. */
static size_t
find_key(const struct signature *signature, const struct minisign_public *trusted,
	size_t count)
{
	size_t i = 0;

	while (i < count &&
		memcmp(trusted[i].keynum, signature->bytes + 2, MINISIGN_KEYNUM) != 0)
		i++;
	return i;
}

int
minisign_verify(const char *file, const char *text, size_t size,
	const struct minisign_public *trusted, size_t count,
	const uint8_t hash[MINISIGN_HASH], struct error *e)
{
	struct lines lines = {.file = file, .at = text, .end = text + size};
	bool signed_by[MINISIGN_KEYS] = {false};
	struct signature signature = {0};
	char id[MINISIGN_ID];
	int signers = 0, r;

	if (count > MINISIGN_KEYS)
		return error_set(e, EINVAL, "%s: more than %d keys", file, MINISIGN_KEYS);
	for (unsigned n = 0; n == 0 || lines.at < lines.end; n++) {
		size_t key;

		if (n == MINISIGN_KEYS)
			return error_set(e, EINVAL, "%s: more than %d signatures", file,
				MINISIGN_KEYS);
		r = take_signature(&lines, &signature, e);
		if (r < 0)
			return r;
		key = find_key(&signature, trusted, count);
		if (key == count)
			continue;
		minisign_id(trusted[key].keynum, id);
		if (!holds(&signature, hash, &trusted[key]))
			return error_set(e, EBADMSG,
				"%s: the signature of key %s does not match", file, id);
		if (!signed_by[key])
			signers++;
		signed_by[key] = true;
	}
	return signers;
}

int
minisign_sign(const struct minisign_secret *secret, const uint8_t hash[MINISIGN_HASH],
	const char *trusted_comment, char text[MINISIGN_TEXT], struct error *e)
{
	struct lines lines = {.file = "trusted comment", .number = 1};
	size_t length = strlen(trusted_comment);
	struct signature s = {.bytes = {'E', 'D'}};
	char first[160], global[128], id[MINISIGN_ID];

	if (length >= MINISIGN_COMMENT)
		return bad(&lines, e, "is too long");
	for (const char *p = trusted_comment; *p; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return bad(&lines, e, "holds a control character");
	memcpy(s.bytes + 2, secret->keynum, MINISIGN_KEYNUM);
	crypto_sign_detached(s.covered, NULL, hash, MINISIGN_HASH, secret->key);
	memcpy(s.bytes + 2 + MINISIGN_KEYNUM, s.covered, crypto_sign_BYTES);
	memcpy(s.covered + crypto_sign_BYTES, trusted_comment, length);
	crypto_sign_detached(
		s.global, NULL, s.covered, crypto_sign_BYTES + length, secret->key);
	sodium_bin2base64(first, sizeof(first), s.bytes, sizeof(s.bytes), VARIANT);
	sodium_bin2base64(global, sizeof(global), s.global, sizeof(s.global), VARIANT);
	minisign_id(secret->keynum, id);
	snprintf(text, MINISIGN_TEXT,
		UNTRUSTED "signature by key %s\n%s\n" TRUSTED "%s\n%s\n", id, first,
		trusted_comment, global);
	return 0;
}
