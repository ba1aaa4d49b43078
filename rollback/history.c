/* SPDX-License-Identifier: ISC */
#include "history.h"

#include <errno.h>
#include <string.h>

#include <xxhash.h>

#include "history_clock.h"
#include "lib/error.h"
#include "lib/wire.h"

#define MAGIC	"INGOTHIS"
#define VERSION 1
#define HASH_AT (BLOCK_SECTOR - 8)
#define WHY_AT	(HASH_AT - HISTORY_WHY)
#define SECTORS (BLOCK_ALIGN / BLOCK_SECTOR)

static _Alignas(BLOCK_ALIGN) uint8_t sectors[BLOCK_ALIGN];

static void
put_bytes(struct wire_writer *w, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		wire_put_u8(w, bytes[i]);
}

static void
get_bytes(struct wire_reader *r, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = wire_get_u8(r);
}

void
history_pack(uint8_t *bytes, const struct history_entry *entry)
{
	struct wire_writer w;

	memset(bytes, 0, BLOCK_SECTOR);
	memcpy(bytes, MAGIC, 8);
	wire_write_fixed(&w, bytes + 8, WHY_AT - 8);
	wire_put_u32(&w, VERSION);
	wire_put_u32(&w, entry->kind);
	wire_put_u64(&w, entry->sequence);
	wire_put_u64(&w, (uint64_t)entry->clock_ms);
	wire_put_u64(&w, entry->uptime_ms);
	put_bytes(&w, entry->boot, HISTORY_BOOT);
	wire_put_u8(&w, entry->slot);
	wire_put_u8(&w, entry->state);
	wire_put_u8(&w, entry->tries);
	wire_put_u8(&w, entry->way);
	put_bytes(&w, entry->image, SLOT_HASH);
	wire_put_u64(&w, entry->version);
	wire_put_u64(&w, entry->panics);
	wire_put_u64(&w, entry->counter);
	wire_put_u64(&w, entry->counter_khz);
	for (size_t i = 0; i < HISTORY_TIMES; i++)
		wire_put_u32(&w, entry->ms[i]);
	memcpy(bytes + WHY_AT, entry->why, strnlen(entry->why, HISTORY_WHY - 1));
	wire_write_fixed(&w, bytes + HASH_AT, 8);
	wire_put_u64(&w, XXH64(bytes, HASH_AT, 0));
}

/* Printable, ended, and nothing behind the end. */
static bool
is_text(const uint8_t *bytes)
{
	size_t n = 0;

	while (n < HISTORY_WHY && bytes[n] >= ' ' && bytes[n] <= '~')
		n++;
	if (n == HISTORY_WHY)
		return false;
	while (n < HISTORY_WHY && bytes[n] == 0)
		n++;
	return n == HISTORY_WHY;
}

bool
history_unpack(struct history_entry *entry, const uint8_t *bytes)
{
	struct wire_reader r;

	if (memcmp(bytes, MAGIC, 8) != 0)
		return false;
	wire_read_init(&r, bytes, BLOCK_SECTOR);
	r.at = HASH_AT;
	if (wire_get_u64(&r) != XXH64(bytes, HASH_AT, 0))
		return false;
	r.at = 8;
	if (wire_get_u32(&r) != VERSION || !is_text(bytes + WHY_AT))
		return false;
	entry->kind = wire_get_u32(&r);
	entry->sequence = wire_get_u64(&r);
	entry->clock_ms = (int64_t)wire_get_u64(&r);
	entry->uptime_ms = wire_get_u64(&r);
	get_bytes(&r, entry->boot, HISTORY_BOOT);
	entry->slot = wire_get_u8(&r);
	entry->state = wire_get_u8(&r);
	entry->tries = wire_get_u8(&r);
	entry->way = wire_get_u8(&r);
	get_bytes(&r, entry->image, SLOT_HASH);
	entry->version = wire_get_u64(&r);
	entry->panics = wire_get_u64(&r);
	entry->counter = wire_get_u64(&r);
	entry->counter_khz = wire_get_u64(&r);
	for (size_t i = 0; i < HISTORY_TIMES; i++)
		entry->ms[i] = wire_get_u32(&r);
	memcpy(entry->why, bytes + WHY_AT, HISTORY_WHY);
	return entry->kind < HISTORY_KINDS && entry->sequence > 0 &&
	       entry->slot <= SLOT_NONE && entry->state < SLOT_STATES;
}

void
history_open(struct history *history, struct block *block, uint64_t at)
{
	struct history_entry entry;
	uint64_t size = block->size > at ? block->size - at : 0;

	*history = (struct history){.block = block, .at = at};
	if (size > HISTORY_SIZE)
		size = HISTORY_SIZE;
	history->room = size / BLOCK_ALIGN * SECTORS;
	if (history->room == 0)
		history->block = NULL;
	for (uint64_t i = 0; i < history->room; i += SECTORS) {
		if (block->read(block, at + i * BLOCK_SECTOR, sectors, BLOCK_ALIGN) < 0)
			continue;
		for (size_t k = 0; k < SECTORS; k++)
			if (history_unpack(&entry, sectors + k * BLOCK_SECTOR) &&
				entry.sequence % history->room == i + k &&
				entry.sequence > history->newest)
				history->newest = entry.sequence;
	}
}

/* Of the block that the entry's sector lies in. */
static uint64_t
place(const struct history *history, uint64_t sequence)
{
	uint64_t index = sequence % history->room;

	return history->at + index / SECTORS * BLOCK_ALIGN;
}

static uint8_t *
sector(const struct history *history, uint64_t sequence)
{
	return sectors + sequence % history->room % SECTORS * BLOCK_SECTOR;
}

uint64_t
history_oldest(const struct history *history)
{
	return history->newest > history->room ? history->newest - history->room + 1 : 1;
}

bool
history_get(const struct history *history, uint64_t sequence, struct history_entry *entry)
{
	struct block *block = history->block;

	return block && sequence >= history_oldest(history) &&
	       sequence <= history->newest &&
	       block->read(block, place(history, sequence), sectors, BLOCK_ALIGN) == 0 &&
	       history_unpack(entry, sector(history, sequence)) &&
	       entry->sequence == sequence;
}

bool
history_find(const struct history *history, uint32_t kind, struct history_entry *entry)
{
	for (uint64_t i = history->newest; i >= history_oldest(history) && i > 0; i--)
		if (history_get(history, i, entry) && entry->kind == kind)
			return true;
	return false;
}

/* Of the block only that sector changes; the others are what they were, wherever a write
 * of it is torn. */
static int
put(struct history *history, const struct history_entry *entry)
{
	struct block *block = history->block;
	uint64_t at = place(history, entry->sequence);
	uint8_t bytes[BLOCK_SECTOR];
	int r = block->read(block, at, sectors, BLOCK_ALIGN);

	if (r < 0)
		return r;
	history_pack(bytes, entry);
	memcpy(sector(history, entry->sequence), bytes, BLOCK_SECTOR);
	r = block->write(block, at, sectors, BLOCK_ALIGN);
	if (r == 0)
		r = block->flush(block);
	if (r == 0)
		r = block->read_back(block, at, sectors, BLOCK_ALIGN);
	if (r == 0 && memcmp(sector(history, entry->sequence), bytes, BLOCK_SECTOR) != 0)
		r = -EIO;
	return r;
}

static void
clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

int
history_add(struct history *history, struct history_entry *entry, struct error *e)
{
	int r;

	if (!history->block)
		return 0;
	entry->sequence = history->newest + 1;
	clean(entry->why);
	history_clock(entry);
	r = put(history, entry);
	if (r < 0)
		return error_set(e, -r, "%s: cannot write the history: %s",
			history->block->name, strerror(-r));
	history->newest++;
	return 0;
}

const char *
history_name(const struct history_entry *entry)
{
	static const char *const names[HISTORY_KINDS] = {
		[SLOT_BEGIN] = "install begun",
		[SLOT_FINISH] = "installed",
		[SLOT_ARM] = "to be tried",
		[SLOT_JUMP] = "attempt",
		[SLOT_HEALTHY] = "confirmed",
		[SLOT_REVERT] = "reverted",
		[SLOT_LOST] = "emptied",
		[SLOT_ADOPT] = "adopted",
		[HISTORY_ARRIVED] = "came up",
		[HISTORY_FAILED] = "install failed",
	};

	if (entry->kind == SLOT_BACK)
		return entry->state == SLOT_BAD	     ? "bad"
		       : entry->state == SLOT_STAGED ? "shelved"
						     : "no verdict";
	if (entry->kind == SLOT_HEALTHY && entry->state != SLOT_GOOD)
		return "healthy by kexec";
	return names[entry->kind];
}
