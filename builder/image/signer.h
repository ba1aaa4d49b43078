/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SIGNER_H
#define BUILDER_SIGNER_H

#include <stdint.h>

#include "lib/minisign.h"

/* The signatures that one text may have, with a NUL behind them. */
#define SIGNER_LINES (MINISIGN_KEYS * MINISIGN_TEXT)

/* The longest life of what is signed: a century. */
#define SIGNER_DAYS 36500ul

/* Whose secret keys sign, and where their passphrases come from. */
struct signer {
	const char *key[MINISIGN_KEYS]; /* files */
	size_t keys;
	const char *passphrase_file; /* NULL: the terminal */
};

/* Takes a --key; dies when there are too many. */
void signer_take(struct signer *signer, const char *file);

/* Seconds since 1970: SOURCE_DATE_EPOCH, else the clock. Dies for nonsense. */
int64_t signer_now(void);

/*
 * Adds each key's signature of the text to lines, but those of keys that signed it before.
 * path names the signatures in messages; what, "file:release.json\ttoy 3", is the trusted
 * comment's middle. Dies.
 */
void signer_sign(const struct signer *signer, const char *board, const char *path,
	const char *text, const char *what, char lines[SIGNER_LINES]);

#endif
