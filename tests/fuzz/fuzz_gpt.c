/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "lib/gpt.h"
#include "tests/unit/gpts.h"

#define SIZE 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t bytes[SIZE];

static int
read_bytes(struct gpt_disk *disk, uint64_t at, void *data, size_t size)
{
	if (at > SIZE || size > SIZE - at || size != disk->block_size)
		abort();
	memcpy(data, bytes + at, size);
	return 0;
}

static bool
check(void *context, const struct gpt_partition *partition)
{
	const struct gpt_disk *disk = context;
	char text[GPT_GUID_TEXT];
	uint8_t guid[GPT_GUID];

	gpt_guid_text(partition->guid, text);
	if (partition->number == 0 || partition->number > GPT_ENTRIES ||
		partition->blocks == 0 || partition->first >= disk->blocks ||
		partition->blocks > disk->blocks - partition->first ||
		!gpt_guid_parse(text, guid) ||
		memcmp(guid, partition->guid, GPT_GUID) != 0)
		abort();
	return true;
}

/* The first header's checksums are made right, where it says that there are entries. */
static void
seal(unsigned block_size)
{
	uint8_t *head = bytes + block_size;
	uint64_t at = 0, entries = 0;

	for (unsigned i = 8; i-- > 0;)
		at = at << 8 | head[72 + i];
	for (unsigned i = 4; i-- > 0;)
		entries = entries << 8 | head[80 + i];
	if (at < SIZE / block_size && entries * 128 <= SIZE - at * block_size)
		gpts_seal(head, bytes + at * block_size, entries * 128);
}

/* What is taken for a partition lies on the disk, and no byte outside of that is read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gpt_disk disk = {.read = read_bytes};
	char text[64] = "";

	if (size < 2 || size > SIZE)
		return 0;
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, data, size);
	disk.block_size = 512u << (data[0] & 3);
	disk.blocks = SIZE / disk.block_size - data[1] % 8;
	gpt_read(&disk, check, &disk);
	/* The same with the marks that a random file would never have. */
	memcpy(bytes + disk.block_size, "EFI PART\0\0\1\0\x5c\0\0\0", 16);
	gpts_put(bytes + disk.block_size + 24, 1, 8);
	gpts_put(bytes + disk.block_size + 84, 128, 4);
	if (data[0] & 4) {
		gpts_put(bytes + disk.block_size + 72, 2, 8);
		gpts_put(bytes + disk.block_size + 80, data[1], 4);
	}
	seal(disk.block_size);
	gpt_read(&disk, check, &disk);
	memcpy(text, data, size < sizeof(text) ? size : sizeof(text) - 1);
	gpt_guid_parse(text, (uint8_t[GPT_GUID]){0});
	return 0;
}
