/* SPDX-License-Identifier: ISC */
#include "signer.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "builder/base/passphrase.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "lib/error.h"
#include "lib/io.h"

void
signer_take(struct signer *signer, const char *file)
{
	if (signer->keys == MINISIGN_KEYS)
		die_usage("--key: at most %d", MINISIGN_KEYS);
	signer->key[signer->keys++] = file;
}

int64_t
signer_now(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char *end;
	long long seconds;

	if (!epoch)
		return (int64_t)time(NULL);
	seconds = strtoll(epoch, &end, 10);
	if (*end || end == epoch || seconds < 0)
		die("SOURCE_DATE_EPOCH: want seconds since 1970, got \"%s\"", epoch);
	return seconds;
}

static void
open_key(const char *file, const char *passphrase_file, struct minisign_secret *secret)
{
	struct error e;
	char *text, *passphrase = NULL, *prompt;
	size_t size;
	int encrypted, r;

	if (io_read_file(AT_FDCWD, file, MINISIGN_SECRET, &text, &size, &e) < 0)
		die("%s", e.text);
	r = minisign_open(file, text, size, NULL, secret, &encrypted, &e);
	if (r == 0 && encrypted) {
		prompt = xasprintf("passphrase of %s", file);
		passphrase = passphrase_ask(prompt, passphrase_file, 0);
		r = minisign_open(file, text, size, passphrase, secret, &encrypted, &e);
		sodium_memzero(passphrase, strlen(passphrase));
		free(passphrase);
		free(prompt);
	}
	if (r < 0)
		die("%s", e.text);
	sodium_memzero(text, size);
	free(text);
}

static void
add(const struct minisign_secret *secret, const char *board, const char *path,
	const uint8_t hash[MINISIGN_HASH], const char *comment, char lines[SIGNER_LINES])
{
	struct minisign_public public;
	char line[MINISIGN_TEXT], id[MINISIGN_ID];
	size_t used = strlen(lines);
	struct error e;
	int there = 0;

	memcpy(public.keynum, secret->keynum, sizeof(public.keynum));
	crypto_sign_ed25519_sk_to_pk(public.key, secret->key);
	minisign_id(secret->keynum, id);
	if (used > 0)
		there = minisign_verify(path, lines, used, &public, 1, hash, &e);
	if (there < 0)
		die("%s", e.text);
	if (there == 0) {
		if (minisign_sign(secret, hash, comment, line, &e) < 0)
			die("%s", e.text);
		if (used + strlen(line) >= SIGNER_LINES)
			die("%s: more than %d signatures", path, MINISIGN_KEYS);
		memcpy(lines + used, line, strlen(line) + 1);
	}
	say("%s: %s by key %s", board, there ? "was signed before" : "signed", id);
}

void
signer_sign(const struct signer *signer, const char *board, const char *path,
	const char *text, const char *what, char lines[SIGNER_LINES])
{
	struct minisign_secret secret;
	uint8_t hash[MINISIGN_HASH];
	char comment[MINISIGN_COMMENT];

	minisign_hash(text, strlen(text), hash);
	snprintf(comment, sizeof(comment), "timestamp:%" PRId64 "\t%s\thashed",
		signer_now(), what);
	for (size_t i = 0; i < signer->keys; i++) {
		open_key(signer->key[i], signer->passphrase_file, &secret);
		add(&secret, board, path, hash, comment, lines);
		sodium_memzero(&secret, sizeof(secret));
	}
}
