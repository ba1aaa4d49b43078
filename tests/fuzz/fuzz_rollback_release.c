/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is taken for a release is within its limits and means the same written anew. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct release release, again;
	struct error e;
	char *text;

	if (release_parse(&release, "fuzz", (const char *)data, size, &e) < 0)
		return 0;
	if (release.chunks > RELEASE_CHUNKS || release.floor > release.version ||
		release.size > RELEASE_IMAGE_MOST)
		abort();
	for (uint32_t i = 0; i < release.chunks; i++)
		if (release_chunk_bytes(&release, i) == 0)
			abort();
	if (release_format(&release, &text, &e) < 0 ||
		release_parse(&again, "fuzz", text, strlen(text), &e) < 0 ||
		memcmp(&release, &again, sizeof(again)) != 0)
		abort();
	free(text);
	return 0;
}
