/* SPDX-License-Identifier: ISC */
#include "minisign.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "wire.h"

#define VARIANT sodium_base64_VARIANT_ORIGINAL
#define SALT	crypto_pwhash_scryptsalsa208sha256_SALTBYTES
#define CHECK	32 /* bytes of BLAKE2b over algorithm, number and key */

/* The file: "Ed", "Sc" or two NULs, "B2", salt, operations, memory; then, encrypted by
 * a stream of scrypt's: number, key, check. */
#define STREAM_AT    (6 + SALT + 16)
#define STREAM_BYTES (MINISIGN_KEYNUM + crypto_sign_SECRETKEYBYTES + CHECK)
#define FILE_BYTES   (STREAM_AT + STREAM_BYTES)

/* Nobody's file may ask for more than minisign's own. */
#define OPERATIONS_MOST (UINT64_C(1) << 28)
#define MEMORY_MOST	(UINT64_C(1) << 30)

const struct minisign_cost minisign_cost = {
	.operations = crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE,
	.memory = crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE,
};

void
minisign_generate(struct minisign_secret *secret, struct minisign_public *public)
{
	crypto_sign_keypair(public->key, secret->key);
	randombytes_buf(secret->keynum, MINISIGN_KEYNUM);
	memcpy(public->keynum, secret->keynum, MINISIGN_KEYNUM);
}

void
minisign_public_write(const struct minisign_public *public, char text[MINISIGN_PUBLIC])
{
	uint8_t bytes[2 + MINISIGN_KEYNUM + sizeof(public->key)] = {'E', 'd'};
	char line[64], id[MINISIGN_ID];

	memcpy(bytes + 2, public->keynum, MINISIGN_KEYNUM);
	memcpy(bytes + 2 + MINISIGN_KEYNUM, public->key, sizeof(public->key));
	sodium_bin2base64(line, sizeof(line), bytes, sizeof(bytes), VARIANT);
	minisign_id(public->keynum, id);
	snprintf(text, MINISIGN_PUBLIC, "untrusted comment: minisign public key %s\n%s\n",
		id, line);
}

static void
make_check(const uint8_t *keynum, const uint8_t *key, uint8_t check[CHECK])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, CHECK);
	crypto_generichash_update(&state, (const uint8_t *)"Ed", 2);
	crypto_generichash_update(&state, keynum, MINISIGN_KEYNUM);
	crypto_generichash_update(&state, key, crypto_sign_SECRETKEYBYTES);
	crypto_generichash_final(&state, check, CHECK);
}

/* Encrypts or decrypts. */
static int
mix(uint8_t bytes[FILE_BYTES], const char *passphrase, const struct minisign_cost *cost)
{
	uint8_t stream[STREAM_BYTES];

	if (crypto_pwhash_scryptsalsa208sha256(stream, sizeof(stream), passphrase,
		    strlen(passphrase), bytes + 6, cost->operations,
		    (size_t)cost->memory) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(stream); i++)
		bytes[STREAM_AT + i] ^= stream[i];
	sodium_memzero(stream, sizeof(stream));
	return 0;
}

int
minisign_seal(const struct minisign_secret *secret, const char *passphrase,
	const struct minisign_cost *cost, char text[MINISIGN_SECRET], struct error *e)
{
	uint8_t bytes[FILE_BYTES] = {'E', 'd', 'S', 'c', 'B', '2'};
	uint8_t *stream = bytes + STREAM_AT;
	char line[256];
	struct wire_writer w;
	int r;

	randombytes_buf(bytes + 6, SALT);
	wire_write_fixed(&w, bytes + 6 + SALT, 16);
	wire_put_u64(&w, cost->operations);
	wire_put_u64(&w, cost->memory);
	memcpy(stream, secret->keynum, MINISIGN_KEYNUM);
	memcpy(stream + MINISIGN_KEYNUM, secret->key, sizeof(secret->key));
	make_check(secret->keynum, secret->key,
		stream + MINISIGN_KEYNUM + sizeof(secret->key));
	r = mix(bytes, passphrase, cost);
	if (r == 0) {
		sodium_bin2base64(line, sizeof(line), bytes, sizeof(bytes), VARIANT);
		snprintf(text, MINISIGN_SECRET,
			"untrusted comment: minisign encrypted secret key\n%s\n", line);
	}
	sodium_memzero(bytes, sizeof(bytes));
	if (r < 0)
		return error_set(e, -r,
			"cannot encrypt a key here: it takes %llu MiB of memory",
			(unsigned long long)(cost->memory >> 20));
	return 0;
}

/* The base64 of the second line. */
static bool
decode(const char *text, size_t size, uint8_t bytes[FILE_BYTES])
{
	const char *line = memchr(text, '\n', size), *end = text + size;
	size_t got = 0;

	if (!line || size < 19 || memcmp(text, "untrusted comment: ", 19) != 0 ||
		end[-1] != '\n' || ++line == end)
		return false;
	return sodium_base642bin(bytes, FILE_BYTES, line, (size_t)(end - 1 - line), NULL,
		       &got, NULL, VARIANT) == 0 &&
	       got == FILE_BYTES;
}

static int
open_bytes(const char *file, uint8_t bytes[FILE_BYTES], const char *passphrase,
	struct minisign_secret *secret, int *encrypted, struct error *e)
{
	const uint8_t *stream = bytes + STREAM_AT;
	struct minisign_cost cost;
	struct wire_reader r;
	uint8_t check[CHECK];

	*encrypted = memcmp(bytes + 2, "Sc", 2) == 0;
	if (memcmp(bytes, "Ed", 2) != 0 || memcmp(bytes + 4, "B2", 2) != 0 ||
		(!*encrypted && memcmp(bytes + 2, "\0", 2) != 0))
		return error_set(e, EINVAL, "%s: is a key of an unknown kind", file);
	wire_read_init(&r, bytes, STREAM_AT);
	r.at = 6 + SALT;
	cost.operations = wire_get_u64(&r);
	cost.memory = wire_get_u64(&r);
	if (cost.operations > OPERATIONS_MOST || cost.memory > MEMORY_MOST)
		return error_set(e, EINVAL, "%s: takes too much to decrypt", file);
	if (*encrypted && !passphrase)
		return 0;
	if (*encrypted && mix(bytes, passphrase, &cost) < 0)
		return error_set(e, ENOMEM, "%s: decrypting takes %llu MiB of memory",
			file, (unsigned long long)(cost.memory >> 20));
	memcpy(secret->keynum, stream, MINISIGN_KEYNUM);
	memcpy(secret->key, stream + MINISIGN_KEYNUM, sizeof(secret->key));
	make_check(secret->keynum, secret->key, check);
	if (sodium_memcmp(check, stream + STREAM_BYTES - CHECK, CHECK) == 0)
		return 0;
	/* minisign -W leaves the check of a plain key zero. */
	if (!*encrypted && sodium_is_zero(stream + STREAM_BYTES - CHECK, CHECK))
		return 0;
	sodium_memzero(secret, sizeof(*secret));
	return *encrypted ? error_set(e, EACCES, "%s: that is not its passphrase", file)
			  : error_set(e, EINVAL, "%s: is damaged", file);
}

int
minisign_open(const char *file, const char *text, size_t size, const char *passphrase,
	struct minisign_secret *secret, int *encrypted, struct error *e)
{
	uint8_t bytes[FILE_BYTES];
	int r;

	*encrypted = 0;
	if (!decode(text, size, bytes))
		return error_set(e, EINVAL, "%s: is no minisign secret key", file);
	r = open_bytes(file, bytes, passphrase, secret, encrypted, e);
	sodium_memzero(bytes, sizeof(bytes));
	return r;
}
