/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* There is one way to write a record: what reads whole is written back the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct files_reader reader;
	static struct files_entry entry;
	struct files_head head;
	struct error e;
	char *text = NULL;
	size_t length;
	FILE *out;
	int r;

	if (files_open(&reader, "fuzz", (const char *)data, size, &head, &e) < 0)
		return 0;
	out = open_memstream(&text, &length);
	if (!out)
		return 0;
	r = files_write_head(out, &head, &e);
	while (r == 0 && (r = files_next(&reader, &entry, &e)) == 1)
		r = files_write_entry(out, &entry, &e) < 0 ? -1 : 0;
	fclose(out);
	if (r == -1 || (r == 0 && (length != size || memcmp(text, data, size) != 0)))
		abort();
	free(text);
	return 0;
}
