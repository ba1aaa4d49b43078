/* SPDX-License-Identifier: ISC */
#include "fat.h"

#include <stdlib.h>
#include <string.h>

#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "lib/io.h"

#define SECTOR	     512
#define PAGE	     8 /* sectors */
#define RESERVED     32 /* sectors at least; the second boot sector is one of them */
#define SECOND	     6 /* that one's place */
#define FIRST	     2 /* number of the first cluster: the root folder */
#define LEAST	     65600 /* clusters; with less than 65525 it would be FAT16 */
#define END_OF_CHAIN 0x0fffffffu
#define MEDIA	     0xf8 /* a disk */
#define VOLUME_ID    0x494e474fu
#define READ_ONLY    0x01
#define LABEL	     0x08
#define FOLDER	     0x10
#define DAY	     0x0021 /* 1 January 1980, the first there is */

static uint32_t
sectors(uint64_t bytes)
{
	return (uint32_t)((bytes + SECTOR - 1) / SECTOR);
}

void
fat_plan(struct fat_plan *plan, enum fat_place place, uint64_t file_size)
{
	uint32_t file = sectors(file_size), before, behind;

	plan->folders = place == FAT_FALLBACK ? 2 : 0;
	before = 1 + plan->folders;
	plan->clusters = file + before < LEAST ? LEAST : file + before;
	plan->table = sectors((uint64_t)(plan->clusters + FIRST) * 4);
	/* The file begins behind the folders' clusters, at a whole page. */
	behind = 2 * plan->table + before;
	plan->reserved = RESERVED + (PAGE - (RESERVED + behind) % PAGE) % PAGE;
	plan->file_at = (uint64_t)(plan->reserved + behind) * SECTOR;
	plan->size = plan->file_at + (uint64_t)file * SECTOR;
	plan->volume =
		(uint64_t)(plan->reserved + 2 * plan->table + plan->clusters) * SECTOR;
}

static void
put_text(uint8_t *at, const char *text)
{
	memcpy(at, text, strlen(text));
}

static void
put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void
put32(uint8_t *at, uint32_t value)
{
	put16(at, value & 0xffff);
	put16(at + 2, value >> 16);
}

static void
put_boot_sector(const struct fat_plan *plan, uint8_t *sector)
{
	static const uint8_t jump[] = {0xeb, 0x58, 0x90};

	memcpy(sector, jump, sizeof(jump));
	put_text(sector + 3, "INGOT   ");
	put16(sector + 11, SECTOR);
	sector[13] = 1; /* sectors of a cluster */
	put16(sector + 14, plan->reserved);
	sector[16] = 2; /* tables */
	sector[21] = MEDIA;
	put16(sector + 24, 63); /* a geometry that nothing goes by */
	put16(sector + 26, 255);
	put32(sector + 32, (uint32_t)(plan->volume / SECTOR));
	put32(sector + 36, plan->table);
	put32(sector + 44, FIRST); /* the root folder */
	put16(sector + 48, 1); /* the free clusters' count */
	put16(sector + 50, SECOND);
	sector[64] = 0x80;
	sector[66] = 0x29;
	put32(sector + 67, VOLUME_ID);
	put_text(sector + 71, "INGOT      FAT32   ");
	put16(sector + 510, 0xaa55);
}

static void
put_free_count(const struct fat_plan *plan, uint32_t file, uint8_t *sector)
{
	put32(sector, 0x41615252);
	put32(sector + 484, 0x61417272);
	put32(sector + 488, plan->clusters - file - 1 - plan->folders);
	put32(sector + 492, FIRST + 1 + plan->folders + file);
	put16(sector + 510, 0xaa55);
}

/* A cluster each for the root and the folders, then the file's chain. */
static void
put_table(const struct fat_plan *plan, uint32_t file, uint8_t *table)
{
	uint32_t first = FIRST + 1 + plan->folders;

	put32(table, 0x0fffff00u | MEDIA);
	put32(table + 4, END_OF_CHAIN);
	for (uint32_t i = FIRST; i < first; i++)
		put32(table + (size_t)i * 4, END_OF_CHAIN);
	for (uint32_t i = 0; i < file; i++)
		put32(table + ((size_t)first + i) * 4,
			i + 1 < file ? first + 1 + i : END_OF_CHAIN);
}

/* An entry of a folder; the next one's place. */
static uint8_t *
put_entry(uint8_t *at, const char *name, uint8_t attributes, uint32_t cluster,
	uint64_t size)
{
	put_text(at, name);
	at[11] = attributes;
	if (attributes != LABEL) {
		put16(at + 16, DAY);
		put16(at + 18, DAY);
	}
	put16(at + 20, cluster >> 16);
	put16(at + 24, DAY);
	put16(at + 26, cluster & 0xffff);
	put32(at + 28, (uint32_t)size);
	return at + 32;
}

/* The root's sector, and those of the folders below it. */
static void
put_folders(const struct fat_plan *plan, uint64_t file_size, uint8_t *sector)
{
	static const char *const names[] = {"EFI        ", "BOOT       "};
	uint8_t *at = put_entry(sector, "INGOT      ", LABEL, 0, 0);

	for (uint32_t i = 0; i < plan->folders; i++) {
		put_entry(at, names[i], FOLDER, FIRST + 1 + i, 0);
		at = sector + (size_t)(i + 1) * SECTOR;
		at = put_entry(at, ".          ", FOLDER, FIRST + 1 + i, 0);
		/* The root is 0 there. */
		at = put_entry(at, "..         ", FOLDER, i == 0 ? 0 : FIRST + i, 0);
	}
	put_entry(at, plan->folders ? "BOOTX64 EFI" : "INGOT   EFI", READ_ONLY,
		FIRST + 1 + plan->folders, file_size);
}

void
fat_write(const struct fat_plan *plan, int fd, const char *name, int from,
	uint64_t file_size)
{
	uint32_t file = sectors(file_size);
	uint8_t *head = xcalloc(1, plan->file_at), *piece = xcalloc(1, 1 << 20);
	uint8_t *table = head + (size_t)plan->reserved * SECTOR;
	int r;

	put_boot_sector(plan, head);
	put_free_count(plan, file, head + SECTOR);
	memcpy(head + (size_t)SECOND * SECTOR, head, (size_t)2 * SECTOR);
	put_table(plan, file, table);
	memcpy(table + (size_t)plan->table * SECTOR, table, (size_t)plan->table * SECTOR);
	put_folders(plan, file_size, table + (size_t)2 * plan->table * SECTOR);
	r = io_write_full(fd, head, plan->file_at);
	for (uint64_t left = file_size; r == 0 && left > 0;) {
		size_t size = left < 1 << 20 ? (size_t)left : 1 << 20;
		size_t whole = (size_t)sectors(size) * SECTOR;

		memset(piece + size, 0, whole - size);
		r = io_read_full(from, piece, size);
		if (r == 0)
			r = io_write_full(fd, piece, whole);
		left -= size;
	}
	if (r < 0)
		die("%s: cannot write: %s", name, strerror(-r));
	free(piece);
	free(head);
}
