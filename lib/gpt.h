/* SPDX-License-Identifier: ISC */
#ifndef LIB_GPT_H
#define LIB_GPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A disk's GUID Partition Table (UEFI 2.10, 5.3), read as Linux reads it
 * (block/partitions/efi.c): nothing counts but what its two checksums cover. No memory is
 * allocated.
 */
#define GPT_GUID	16 /* bytes, in the order of the medium */
#define GPT_GUID_TEXT	37 /* bytes of its text with the NUL */
#define GPT_BLOCK_LEAST 512 /* bytes of a logical block */
#define GPT_BLOCK_MOST	4096
#define GPT_ENTRIES	1024 /* at most; Linux names no more than 256 */

struct gpt_disk {
	/* Reads size bytes at a byte of the disk: 0 or -errno. */
	int (*read)(struct gpt_disk *disk, uint64_t at, void *data, size_t size);
	uint64_t blocks; /* of the whole disk */
	uint32_t block_size; /* a power of two */
};

struct gpt_partition {
	uint32_t number; /* from 1 */
	uint64_t first, blocks; /* in the disk's logical blocks */
	uint8_t guid[GPT_GUID]; /* of this one partition */
};

/* Calls each() for the partitions in use, by their numbers, until that returns false; from
 * the first table, or from the copy at the disk's end if that one is damaged. 0, -EBADMSG
 * where neither is whole, or the -errno of read(). */
int gpt_read(struct gpt_disk *disk,
	bool (*each)(void *context, const struct gpt_partition *partition),
	void *context);

/* A GUID as people write it, of either case; false for anything else. */
bool gpt_guid_parse(const char *text, uint8_t guid[GPT_GUID]);

/* In lower case, as Linux and udev have it. */
void gpt_guid_text(const uint8_t guid[GPT_GUID], char text[GPT_GUID_TEXT]);

#endif
