/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/minisign.h"
#include "lib/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing that is made up counts as signed, whatever key number it names. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct minisign_public keys[2];
	struct minisign_public public;
	struct minisign_secret secret;
	struct update_head head;
	uint8_t hash[MINISIGN_HASH] = {7};
	struct error e;
	int encrypted;

	if (keys[0].keynum[0] == 0) {
		if (sodium_init() < 0)
			abort();
		minisign_generate(&secret, &keys[0]);
		minisign_generate(&secret, &keys[1]);
		/* so that the fuzzer can name it */
		memset(keys[0].keynum, 'A', MINISIGN_KEYNUM);
	}
	if (minisign_verify("fuzz", (const char *)data, size, keys, 2, hash, &e) > 0)
		abort();
	minisign_public_read("fuzz", (const char *)data, size, &public, &e);
	minisign_open("fuzz", (const char *)data, size, NULL, &secret, &encrypted, &e);
	if (size >= UPDATE_HEAD)
		update_head_parse(&head, "fuzz", data, &e);
	return 0;
}
