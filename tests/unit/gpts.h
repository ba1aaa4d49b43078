/* SPDX-License-Identifier: ISC */
#ifndef TESTS_GPTS_H
#define TESTS_GPTS_H

#include <stdint.h>
#include <string.h>

/*
 * GUID Partition Tables for tests, written from UEFI 2.10, 5.3, by nothing that reads them:
 * 128 entries behind the header, and a copy at the disk's end.
 */
#define GPTS_ENTRIES 128

static inline void
gpts_put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* The checksum as its definition has it: a division by the reversed polynomial. */
static inline uint32_t
gpts_crc(const uint8_t *data, uint64_t size)
{
	uint32_t crc = 0xffffffff;

	for (uint64_t i = 0; i < 8 * size; i++)
		crc = (crc >> 1) ^
		      ((crc ^ (uint32_t)(data[i / 8] >> (i % 8))) & 1 ? 0xedb88320 : 0);
	return crc ^ 0xffffffff;
}

/* Both checksums of the header in a block, whose entries begin at that address. */
static inline void
gpts_seal(uint8_t *head, const uint8_t *entries, uint64_t size)
{
	gpts_put(head + 88, gpts_crc(entries, size), 4);
	gpts_put(head + 16, 0, 4);
	gpts_put(head + 16, gpts_crc(head, 92), 4);
}

/* A partition's entry; its GUID is sixteen times the same byte. */
static inline void
gpts_entry(uint8_t *entries, unsigned number, uint8_t guid, uint64_t first, uint64_t last)
{
	uint8_t *entry = entries + (uint64_t)(number - 1) * 128;

	memset(entry, 0x0f, 16);
	memset(entry + 16, guid, 16);
	gpts_put(entry + 32, first, 8);
	gpts_put(entry + 40, last, 8);
}

static inline void
gpts_head(uint8_t *disk, uint64_t blocks, unsigned size, uint64_t at, uint64_t entries)
{
	const uint64_t room = (GPTS_ENTRIES * 128 + size - 1) / size;
	uint8_t *head = disk + at * size;

	memcpy(head, "EFI PART\0\0\1\0\x5c\0\0\0", 16);
	gpts_put(head + 24, at, 8);
	gpts_put(head + 32, at == 1 ? blocks - 1 : 1, 8);
	gpts_put(head + 40, 2 + room, 8);
	gpts_put(head + 48, blocks - 2 - room, 8);
	gpts_put(head + 72, entries, 8);
	gpts_put(head + 80, GPTS_ENTRIES, 4);
	gpts_put(head + 84, 128, 4);
	gpts_seal(head, disk + entries * size, GPTS_ENTRIES * 128);
}

/* Both tables, from entries that stand behind the first header's block. */
static inline void
gpts_make(uint8_t *disk, uint64_t blocks, unsigned size)
{
	const uint64_t room = (GPTS_ENTRIES * 128 + size - 1) / size;
	const uint64_t second = blocks - 1 - room;

	memcpy(disk + second * size, disk + 2 * size, room * size);
	gpts_head(disk, blocks, size, 1, 2);
	gpts_head(disk, blocks, size, blocks - 1, second);
}

#endif
