/* SPDX-License-Identifier: ISC */
#include "write.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <xxhash.h>

#include "history_clock.h"
#include "lib/error.h"
#include "source.h"
#include "verify.h"

#define PIECE WRITE_PIECE

static _Alignas(BLOCK_ALIGN) uint8_t piece[PIECE];

static int
bad_block(const struct block *block, const char *what, int r, struct error *e)
{
	return error_set(e, -r, "%s: cannot %s: %s", block->name, what, strerror(-r));
}

static int
lying_block(const struct block *block, uint64_t from, struct error *e)
{
	return error_set(e, EIO,
		"%s: reads back other bytes than were written, from %" PRIu64,
		block->name, from);
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

/* Who is to blame for bytes that are not what was signed? Looks whether the medium has
 * what it got. */
static int
blame(struct writer *writer, uint32_t broken, struct error *e)
{
	struct block *block = writer->block;
	const uint64_t *sum = writer->sum;

	for (uint64_t at = writer->from; at < writer->to; at += PIECE) {
		uint64_t left = writer->to - at;
		size_t size = left < PIECE ? (size_t)left : PIECE;
		int r = block->read_back(block, at, piece, size);

		if (r < 0)
			return bad_block(block, "read back", r, e);
		if (XXH3_64bits(piece, size) != *sum++)
			return lying_block(block, writer->from, e);
	}
	return error_set(e, EBADMSG, "%s: chunk %u of %u is not what was signed",
		writer->source->name, broken + 1, writer->release->chunks);
}

/* The first block is in the tail, and its place is blank; read back, too. */
static int
check_first(struct writer *writer, struct error *e)
{
	static _Alignas(BLOCK_ALIGN) uint8_t found[BLOCK_ALIGN];
	static const uint8_t blank[BLOCK_ALIGN];
	struct block *block = writer->block;
	bool same = false;
	int r = block->read_back(block, 0, found, BLOCK_ALIGN);

	if (r == 0) {
		same = memcmp(found, blank, BLOCK_ALIGN) == 0;
		r = block->read_back(
			block, tail_room(block) + BLOCK_ALIGN, found, BLOCK_ALIGN);
	}
	if (r < 0)
		return bad_block(block, "read back", r, e);
	return same && memcmp(found, writer->tail->first, BLOCK_ALIGN) == 0
		       ? 0
		       : lying_block(block, 0, e);
}

static int
settle(struct writer *writer, struct error *e)
{
	const struct release *release = writer->release;
	struct block *block = writer->block;
	uint32_t from = (uint32_t)(writer->from / release->chunk_size);
	uint32_t to = (uint32_t)((writer->to - 1) / release->chunk_size) + 1, broken;
	int r = block->flush(block);

	if (r < 0)
		return bad_block(block, "write", r, e);
	if (from == 0) {
		r = check_first(writer, e);
		if (r < 0)
			return r;
	}
	r = verify_span(block, release, from, to, writer->tail->first, &broken);
	if (r == -EBADMSG)
		return blame(writer, broken, e);
	return r < 0 ? bad_block(block, "read back", r, e) : 0;
}

int
write_settle(struct writer *writer, struct error *e)
{
	uint64_t from = clock_now();
	int r = writer->from == writer->to ? 0 : settle(writer, e);

	writer->from = writer->to;
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
	writer->sum[(at - writer->from) / PIECE] = XXH3_64bits(piece, whole);
	writer->to = at + whole;
	return 0;
}

int
write_chunk(struct writer *writer, uint32_t i, struct error *e)
{
	struct source *source = writer->source;
	uint64_t at = (uint64_t)i * writer->release->chunk_size;
	uint32_t left = release_chunk_bytes(writer->release, i);

	while (left > 0) {
		uint32_t size = left < PIECE ? left : PIECE;
		uint64_t from = clock_now();
		int r = source->pull(source, piece, size);

		writer->fetch_ns += clock_now() - from;
		if (r < 0)
			return source_error(source, r, e);
		r = put_piece(writer, at, size, e);
		if (r < 0)
			return r;
		at += size;
		left -= size;
	}
	return writer->to - writer->from >= WRITE_STRETCH ? write_settle(writer, e) : 0;
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
	return memcmp(piece, tail->first, BLOCK_ALIGN) == 0 ? 0
							    : lying_block(block, 0, e);
}
