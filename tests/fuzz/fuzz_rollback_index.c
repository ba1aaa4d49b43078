/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is taken for an index is within its limits and means the same written anew. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct index list, again;
	struct error e = {.text = ""};
	char *text;

	if (index_parse(&list, "fuzz", (const char *)data, size, &e) < 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	if (list.releases > INDEX_RELEASES || list.issued >= list.expires)
		abort();
	for (size_t i = 0; i < list.releases; i++)
		if (list.release[i].image_size > RELEASE_IMAGE_MOST ||
			list.release[i].size <= list.release[i].image_size)
			abort();
	if (index_format(&list, &text, &e) < 0 ||
		index_parse(&again, "fuzz", text, strlen(text), &e) < 0 ||
		memcmp(&list, &again, sizeof(again)) != 0)
		abort();
	free(text);
	return 0;
}
