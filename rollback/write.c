/* SPDX-License-Identifier: ISC */
#include "write.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <xxhash.h>

#include "history_clock.h"
#include "lib/error.h"
#include "source.h"

#define PIECE	65536 /* bytes; a chunk is a multiple of it, but the last */
#define STRETCH (4u << 20) /* bytes between two flushes */

static _Alignas(BLOCK_ALIGN) uint8_t piece[PIECE];

static int
bad_block(const struct block *block, const char *what, int r, struct error *e)
{
	return error_set(e, -r, "%s: cannot %s: %s", block->name, what, strerror(-r));
}

int
write_begin(struct writer *writer, struct error *e)
{
	struct block *block = writer->block;
	int r;

	memset(piece, 0, BLOCK_ALIGN);
	r = block->write(block, 0, piece, BLOCK_ALIGN);
	if (r == 0)
		r = block->flush(block);
	/* Only now: the release that was there never stands beside the new bytes. */
	if (r == 0)
		r = tail_write(block, writer->tail);
	if (r == 0)
		r = block->flush(block);
	return r < 0 ? bad_block(block, "write", r, e) : 0;
}

static uint32_t
round_up(uint32_t size)
{
	return (size + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
}

static uint64_t
fold(uint64_t hash, const void *data, size_t size)
{
	return XXH3_64bits_withSeed(data, size, hash);
}

/* Pieces, in the same sizes as they were written in. */
static int
read_stretch(struct writer *writer, uint64_t *hash)
{
	struct block *block = writer->block;

	*hash = 0;
	while (writer->from < writer->to) {
		uint64_t left = writer->to - writer->from;
		size_t size = left < PIECE ? (size_t)left : PIECE;
		int r = block->read_back(block, writer->from, piece, size);

		if (r < 0)
			return r;
		*hash = fold(*hash, piece, size);
		writer->from += size;
	}
	return 0;
}

static int
settle(struct writer *writer, struct error *e)
{
	static _Alignas(BLOCK_ALIGN) uint8_t first[BLOCK_ALIGN];
	struct block *block = writer->block;
	bool has_first = writer->from == 0 && writer->to > 0;
	uint64_t hash, from = writer->from;
	int r;

	if (writer->from == writer->to)
		return 0;
	r = block->flush(block);
	if (r < 0)
		return bad_block(block, "write", r, e);
	r = read_stretch(writer, &hash);
	if (r == 0 && has_first)
		r = block->read_back(
			block, tail_room(block) + BLOCK_ALIGN, first, BLOCK_ALIGN);
	if (r < 0)
		return bad_block(block, "read back", r, e);
	if (hash != writer->hash ||
		(has_first && memcmp(first, writer->tail->first, BLOCK_ALIGN) != 0))
		return error_set(e, EIO,
			"%s: reads back other bytes than were written, from %" PRIu64,
			block->name, from);
	writer->hash = 0;
	return 0;
}

int
write_settle(struct writer *writer, struct error *e)
{
	uint64_t from = clock_now();
	int r = settle(writer, e);

	writer->settle_ns += clock_now() - from;
	return r;
}

/* One piece; of the image's first one the first block goes into the tail, zeros into its
 * place. */
static int
put_piece(struct writer *writer, uint64_t at, uint32_t size, struct error *e)
{
	struct block *block = writer->block;
	uint32_t whole = round_up(size);
	int r = 0;

	memset(piece + size, 0, whole - size);
	if (writer->from == writer->to)
		writer->from = writer->to = at;
	if (at == 0) {
		memcpy(writer->tail->first, piece, BLOCK_ALIGN);
		memset(piece, 0, BLOCK_ALIGN);
		r = tail_write_first(block, writer->tail);
	}
	if (r == 0)
		r = block->write(block, at, piece, whole);
	if (r < 0)
		return bad_block(block, "write", r, e);
	writer->hash = fold(writer->hash, piece, whole);
	writer->to = at + whole;
	return writer->to - writer->from >= STRETCH ? write_settle(writer, e) : 0;
}

int
write_chunk(struct writer *writer, struct source *source, const struct release *release,
	uint32_t i, struct error *e)
{
	uint64_t at = (uint64_t)i * release->chunk_size;
	uint32_t left = release_chunk_bytes(release, i);
	crypto_generichash_state state;
	uint8_t hash[RELEASE_HASH];

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	while (left > 0) {
		uint32_t size = left < PIECE ? left : PIECE;
		uint64_t from = clock_now();
		int r = source->pull(source, piece, size);

		writer->fetch_ns += clock_now() - from;
		if (r < 0)
			return source_error(source, r, e);
		crypto_generichash_update(&state, piece, size);
		r = put_piece(writer, at, size, e);
		if (r < 0)
			return r;
		at += size;
		left -= size;
	}
	crypto_generichash_final(&state, hash, sizeof(hash));
	if (memcmp(hash, release->chunk[i], sizeof(hash)) != 0)
		return error_set(e, EBADMSG, "%s: chunk %u of %u is not what was signed",
			source->name, i + 1, release->chunks);
	return 0;
}

int
write_first(struct block *block, const struct tail *tail, struct error *e)
{
	int r = block->write(block, 0, tail->first, BLOCK_ALIGN);

	if (r == 0)
		r = block->flush(block);
	if (r < 0)
		return bad_block(block, "write", r, e);
	r = block->read_back(block, 0, piece, BLOCK_ALIGN);
	if (r < 0)
		return bad_block(block, "read back", r, e);
	if (memcmp(piece, tail->first, BLOCK_ALIGN) != 0)
		return error_set(e, EIO, "%s: reads back other bytes than were written",
			block->name);
	return 0;
}
