/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "rollback/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is taken for an entry has a name and printable text, and packed is an entry again;
 * the checksum is put right first. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[BLOCK_SECTOR] = "INGOTHIS\1", again[BLOCK_SECTOR];
	struct history_entry entry = {0}, other = {0};
	uint64_t hash;

	if (size > BLOCK_SECTOR - 20)
		size = BLOCK_SECTOR - 20;
	memcpy(bytes + 12, data, size);
	hash = XXH64(bytes, BLOCK_SECTOR - 8, 0);
	for (size_t i = 0; i < 8; i++)
		bytes[BLOCK_SECTOR - 8 + i] = (uint8_t)(hash >> 8 * i);
	if (!history_unpack(&entry, bytes))
		return 0;
	if (!history_name(&entry) || strlen(entry.why) >= HISTORY_WHY)
		abort();
	history_pack(again, &entry);
	if (!history_unpack(&other, again) || memcmp(&entry, &other, sizeof(entry)) != 0)
		abort();
	return 0;
}
