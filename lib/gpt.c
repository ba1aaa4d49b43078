/* SPDX-License-Identifier: ISC */
#include "gpt.h"

#include <errno.h>
#include <string.h>

#include "wire.h"

#define MAGIC	   "EFI PART"
#define HEAD_LEAST 92 /* bytes of the header */
#define CRC_AT	   16 /* of the header's own checksum */
#define ENTRY	   128 /* bytes; Linux takes no other size */

struct head {
	uint64_t entries_at; /* logical block */
	uint32_t entries;
	uint32_t entries_crc;
};

/* CRC-32 as Ethernet has it, by the bit: a table is a few pages, and read once a boot. */
static uint32_t
crc_add(uint32_t crc, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return crc;
}

/* Its own checksum counts as zeros. */
static uint32_t
head_crc(const uint8_t *block, uint32_t size)
{
	static const uint8_t zeros[4];
	uint32_t crc = crc_add(UINT32_MAX, block, CRC_AT);

	crc = crc_add(crc, zeros, sizeof(zeros));
	return ~crc_add(crc, block + CRC_AT + 4, size - CRC_AT - 4);
}

/* The header in the logical block `at`. */
static bool
parse_head(
	const struct gpt_disk *disk, const uint8_t *block, uint64_t at, struct head *head)
{
	uint32_t size, crc, entry;
	uint64_t room;
	struct wire_reader r;

	if (memcmp(block, MAGIC, sizeof(MAGIC) - 1) != 0)
		return false;
	wire_read_init(&r, block + 12, HEAD_LEAST - 12);
	size = wire_get_u32(&r);
	crc = wire_get_u32(&r);
	if (size < HEAD_LEAST || size > disk->block_size || head_crc(block, size) != crc)
		return false;
	r.at += 4;
	if (wire_get_u64(&r) != at)
		return false;
	/* The other header, the usable blocks, the disk's GUID. */
	r.at += 8 + 2 * 8 + GPT_GUID;
	head->entries_at = wire_get_u64(&r);
	head->entries = wire_get_u32(&r);
	entry = wire_get_u32(&r);
	head->entries_crc = wire_get_u32(&r);
	if (head->entries == 0 || head->entries > GPT_ENTRIES || entry != ENTRY)
		return false;
	room = ((uint64_t)head->entries * ENTRY + disk->block_size - 1) /
	       disk->block_size;
	return head->entries_at >= 2 && room <= disk->blocks &&
	       head->entries_at <= disk->blocks - room;
}

static bool
parse_entry(const uint8_t *entry, uint64_t blocks, struct gpt_partition *partition)
{
	static const uint8_t none[GPT_GUID];
	struct wire_reader r;
	uint64_t last;

	/* The type of an entry that is not used is zero. */
	if (memcmp(entry, none, GPT_GUID) == 0)
		return false;
	memcpy(partition->guid, entry + GPT_GUID, GPT_GUID);
	wire_read_init(&r, entry + 2 * GPT_GUID, 16);
	partition->first = wire_get_u64(&r);
	last = wire_get_u64(&r);
	if (last < partition->first || last >= blocks)
		return false;
	partition->blocks = last - partition->first + 1;
	return true;
}

/* Hands the entries' bytes to their checksum, or each entry to each(). */
static int
walk(struct gpt_disk *disk, const struct head *head, uint32_t *crc,
	bool (*each)(void *context, const struct gpt_partition *partition), void *context)
{
	const uint32_t in_block = disk->block_size / ENTRY;
	uint8_t block[GPT_BLOCK_MOST];

	for (uint32_t i = 0; i < head->entries; i++) {
		uint32_t at = i % in_block;
		struct gpt_partition partition = {.number = i + 1};
		int r = 0;

		if (at == 0)
			r = disk->read(disk,
				(head->entries_at + i / in_block) * disk->block_size,
				block, disk->block_size);
		if (r < 0)
			return r;
		if (!each)
			*crc = crc_add(*crc, block + (size_t)at * ENTRY, ENTRY);
		else if (parse_entry(
				 block + (size_t)at * ENTRY, disk->blocks, &partition) &&
			 !each(context, &partition))
			return 0;
	}
	return 0;
}

/* The table whose header is in that block, if it is whole. */
static int
read_head(struct gpt_disk *disk, uint64_t at, struct head *head)
{
	uint8_t block[GPT_BLOCK_MOST];
	uint32_t crc = UINT32_MAX;
	int r = disk->read(disk, at * disk->block_size, block, disk->block_size);

	if (r < 0)
		return r;
	if (!parse_head(disk, block, at, head))
		return -EBADMSG;
	r = walk(disk, head, &crc, NULL, NULL);
	if (r == 0 && ~crc != head->entries_crc)
		r = -EBADMSG;
	return r;
}

int
gpt_read(struct gpt_disk *disk,
	bool (*each)(void *context, const struct gpt_partition *partition), void *context)
{
	struct head head;
	int r;

	if (disk->block_size < GPT_BLOCK_LEAST || disk->block_size > GPT_BLOCK_MOST ||
		(disk->block_size & (disk->block_size - 1)) != 0 || disk->blocks < 4 ||
		disk->blocks > UINT64_MAX / disk->block_size)
		return -EBADMSG;
	r = read_head(disk, 1, &head);
	if (r < 0)
		r = read_head(disk, disk->blocks - 1, &head);
	return r < 0 ? r : walk(disk, &head, NULL, each, context);
}

/* Where the bytes of the text stand on the medium: the first three fields are numbers. */
static const uint8_t places[GPT_GUID] = {
	3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static bool
has_dash(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
gpt_guid_parse(const char *text, uint8_t guid[GPT_GUID])
{
	for (size_t i = 0; i < GPT_GUID; i++) {
		int high, low;

		if (has_dash(i) && *text++ != '-')
			return false;
		high = digit(text[0]);
		low = high < 0 ? -1 : digit(text[1]);
		if (low < 0)
			return false;
		guid[places[i]] = (uint8_t)(high * 16 + low);
		text += 2;
	}
	return *text == '\0';
}

void
gpt_guid_text(const uint8_t guid[GPT_GUID], char text[GPT_GUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < GPT_GUID; i++) {
		if (has_dash(i))
			*text++ = '-';
		*text++ = digits[guid[places[i]] >> 4];
		*text++ = digits[guid[places[i]] & 15];
	}
	*text = '\0';
}
