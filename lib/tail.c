/* SPDX-License-Identifier: ISC */
#include "tail.h"

#include <errno.h>
#include <string.h>

#include "wire.h"

#define MAGIC "INGOTREL"

_Static_assert(RELEASE_TEXT + MINISIGN_KEYS * MINISIGN_TEXT <= TAIL_TEXT,
	"the largest release fits");

uint64_t
tail_room(const struct block *slot)
{
	return slot->size < TAIL_SIZE ? 0 : slot->size - TAIL_SIZE;
}

const char *
tail_signatures(const struct tail *tail)
{
	return tail->text + tail->release_size;
}

static size_t
round_up(size_t size)
{
	return (size + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
}

int
tail_read(struct block *slot, struct tail *tail)
{
	uint64_t at = tail_room(slot);
	struct wire_reader w;
	int r;

	memset(tail, 0, sizeof(*tail));
	if (slot->size < TAIL_SIZE)
		return -ENOSPC;
	r = slot->read_back(slot, at, tail->first, BLOCK_ALIGN);
	if (r < 0)
		return r;
	if (memcmp(tail->first, MAGIC, 8) != 0)
		return -ENODATA;
	wire_read_init(&w, tail->first + 8, 12);
	if (wire_get_u32(&w) != TAIL_VERSION)
		return -ENODATA;
	tail->release_size = wire_get_u32(&w);
	tail->signatures_size = wire_get_u32(&w);
	if (tail->release_size > TAIL_TEXT ||
		tail->signatures_size > TAIL_TEXT - tail->release_size)
		return -ENODATA;
	r = slot->read_back(slot, at + BLOCK_ALIGN, tail->first, BLOCK_ALIGN);
	if (r == 0)
		r = slot->read_back(slot, at + 2 * BLOCK_ALIGN, tail->text,
			round_up(tail->release_size + tail->signatures_size));
	return r;
}

int
tail_write(struct block *slot, const struct tail *tail)
{
	static _Alignas(BLOCK_ALIGN) uint8_t block[BLOCK_ALIGN];
	uint64_t at = tail_room(slot);
	struct wire_writer w;
	int r;

	memset(block, 0, sizeof(block));
	r = slot->write(slot, at + BLOCK_ALIGN, block, sizeof(block));
	memcpy(block, MAGIC, 8);
	wire_write_fixed(&w, block + 8, 12);
	wire_put_u32(&w, TAIL_VERSION);
	wire_put_u32(&w, (uint32_t)tail->release_size);
	wire_put_u32(&w, (uint32_t)tail->signatures_size);
	if (r == 0)
		r = slot->write(slot, at, block, sizeof(block));
	if (r == 0)
		r = slot->write(slot, at + 2 * BLOCK_ALIGN, tail->text,
			round_up(tail->release_size + tail->signatures_size));
	return r;
}

int
tail_write_first(struct block *slot, const struct tail *tail)
{
	return slot->write(slot, tail_room(slot) + BLOCK_ALIGN, tail->first, BLOCK_ALIGN);
}
