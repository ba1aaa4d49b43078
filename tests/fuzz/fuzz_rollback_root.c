/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "lib/envelope.h"
#include "lib/error.h"
#include "lib/root.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As a root, and as an envelope: what is taken is within its limits, and a root means the
 * same written anew. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct root root, again;
	const char *bytes = (const char *)data;
	struct envelope envelope;
	struct error e = {.text = ""};
	char *text;

	if (envelope_parse(&envelope, "fuzz", bytes, size, ROOT_TEXT, &e) == 0) {
		if (envelope.whole > size || envelope.text_size > ROOT_TEXT ||
			envelope.signatures + envelope.signatures_size !=
				bytes + envelope.whole)
			abort();
		bytes = envelope.text;
		size = envelope.text_size;
	}
	if (root_parse(&root, "fuzz", bytes, size, &e) < 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	for (size_t i = 0; i < ROOT_ROLES; i++)
		if (root.role[i].keys > MINISIGN_KEYS || root.role[i].threshold == 0 ||
			root.role[i].threshold > root.role[i].keys)
			abort();
	if (root_format(&root, &text, &e) < 0 ||
		root_parse(&again, "fuzz", text, strlen(text), &e) < 0 ||
		memcmp(&root, &again, sizeof(again)) != 0)
		abort();
	free(text);
	return 0;
}
