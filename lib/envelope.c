/* SPDX-License-Identifier: ISC */
#include "envelope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "minisign.h"

#define MAGIC	"ingot-signed 1 "
#define TEXT_AT (sizeof(MAGIC) - 1)
#define DIGITS	6

void
envelope_head(char head[ENVELOPE_HEAD + 1], size_t text, size_t signatures)
{
	snprintf(head, ENVELOPE_HEAD + 1, MAGIC "%06zu %06zu\n", text % 1000000,
		signatures % 1000000);
}

/* 0 where it is no number. */
static size_t
digits(const char *text)
{
	size_t value = 0;

	for (int i = 0; i < DIGITS; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		value = value * 10 + (size_t)(text[i] - '0');
	}
	return value;
}

int
envelope_parse(struct envelope *envelope, const char *file, const char *data, size_t size,
	size_t most, struct error *e)
{
	if (size < ENVELOPE_HEAD || memcmp(data, MAGIC, TEXT_AT) != 0 ||
		data[TEXT_AT + DIGITS] != ' ' || data[ENVELOPE_HEAD - 1] != '\n')
		return error_set(e, EINVAL, "%s: is no signed file", file);
	envelope->text_size = digits(data + TEXT_AT);
	envelope->signatures_size = digits(data + TEXT_AT + DIGITS + 1);
	if (envelope->text_size == 0 || envelope->text_size > most ||
		envelope->signatures_size == 0 ||
		envelope->signatures_size > MINISIGN_KEYS * MINISIGN_TEXT)
		return error_set(
			e, EINVAL, "%s: its text or signatures are too large", file);
	envelope->whole = ENVELOPE_HEAD + envelope->text_size + envelope->signatures_size;
	if (envelope->whole > size)
		return error_set(e, EINVAL, "%s: ends too early", file);
	envelope->text = data + ENVELOPE_HEAD;
	envelope->signatures = envelope->text + envelope->text_size;
	return 0;
}
