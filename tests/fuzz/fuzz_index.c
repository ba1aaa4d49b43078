/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <xxhash.h>

#include "builder/store/store_parts.h"
#include "lib/error.h"

#define CHECKSUM_AT 12
#define HEAD_SIZE   20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Any bytes as an index, with the checksum made right so that they are looked at: a
 * sorted list of paths that stay below their root, which encodes to the same bytes, or a
 * message.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store_index index;
	struct error e = {.text = ""};
	uint8_t *copy = malloc(size + 1), *again;
	size_t length;
	int r;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (size >= HEAD_SIZE) {
		uint64_t sum = XXH3_64bits(copy + HEAD_SIZE, size - HEAD_SIZE);

		memcpy(copy, "INGOTIDX\1\0\0\0", CHECKSUM_AT);
		for (size_t i = 0; i < 8; i++)
			copy[CHECKSUM_AT + i] = (uint8_t)(sum >> (8 * i));
	}
	r = store_index_parse(&index, (const char *)copy, size, &e);
	if (r > 0 || (r < 0 && !e.text[0]))
		__builtin_trap();
	for (size_t i = 0; r == 0 && i < index.count; i++) {
		const char *path = index.file[i].path;

		if (!*path || *path == '/' || strstr(path, "/../") ||
			strcmp(path, "..") == 0)
			__builtin_trap();
		if (S_ISLNK(index.file[i].mode) != (index.file[i].link != NULL))
			__builtin_trap();
	}
	if (r == 0 && store_index_encode(&index, &again, &length) == 0) {
		if (length != size || memcmp(again, copy, size) != 0)
			__builtin_trap();
		free(again);
	}
	store_index_free(&index);
	free(copy);
	return 0;
}
