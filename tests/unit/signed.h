/* SPDX-License-Identifier: ISC */
#ifndef TESTS_SIGNED_H
#define TESTS_SIGNED_H

#include <stdio.h>
#include <string.h>

#include "lib/envelope.h"
#include "lib/minisign.h"

/* Puts a text and the signatures of keys, "02" for two of them, into an envelope. */
static inline size_t
seal(char *bytes, size_t room, const char *text, const struct minisign_secret *secret,
	const char *keys)
{
	static char lines[MINISIGN_KEYS * MINISIGN_TEXT];
	uint8_t hash[MINISIGN_HASH];
	char head[ENVELOPE_HEAD + 1];
	size_t used = 0;

	minisign_hash(text, strlen(text), hash);
	for (; *keys; keys++) {
		if (minisign_sign(
			    &secret[*keys - '0'], hash, "test", lines + used, NULL) < 0)
			return 0;
		used += strlen(lines + used);
	}
	if (used == 0)
		used = (size_t)snprintf(lines, sizeof(lines), "\n");
	envelope_head(head, strlen(text), used);
	return (size_t)snprintf(bytes, room, "%s%s%.*s", head, text, (int)used, lines);
}

#endif
