/* SPDX-License-Identifier: ISC */
#include "verify.h"

#include <errno.h>
#include <string.h>

#include "lib/error.h"

#define PIECE 65536 /* bytes, of a read; every chunk is a multiple but the last */

int
verify_chunk(struct block *slot, const struct release *release, uint32_t i,
	const uint8_t *first)
{
	static _Alignas(BLOCK_ALIGN) uint8_t piece[PIECE];
	uint64_t at = (uint64_t)i * release->chunk_size;
	uint32_t left = release_chunk_bytes(release, i);
	crypto_generichash_state state;
	uint8_t hash[RELEASE_HASH];

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	while (left > 0) {
		uint32_t size = left < PIECE ? left : PIECE;
		uint32_t whole = (size + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
		int r = slot->read_back(slot, at, piece, whole);

		if (r < 0)
			return r;
		if (at == 0 && first)
			memcpy(piece, first, BLOCK_ALIGN);
		crypto_generichash_update(&state, piece, size);
		at += size;
		left -= size;
	}
	crypto_generichash_final(&state, hash, sizeof(hash));
	return memcmp(hash, release->chunk[i], sizeof(hash)) == 0 ? 0 : -EBADMSG;
}

int
verify_release(struct device *device, uint8_t slot, struct tail *tail,
	struct release *release, struct error *e)
{
	struct block *block = device->slot[slot];
	int r = tail_read(block, tail);

	if (r == -ENODATA)
		return error_set(e, ENODATA, "slot %c: holds no signed release",
			device_letter(slot));
	if (r < 0)
		return error_set(e, -r, "%s: cannot read: %s", block->name, strerror(-r));
	r = trust_check_any(&device->trust, block->name, tail->text, tail->release_size,
		tail_signatures(tail), tail->signatures_size, release, e);
	if (r == 0 && release->size > tail_room(block))
		r = error_set(e, EPERM, "slot %c: is smaller than its image",
			device_letter(slot));
	return r;
}

int
verify_slot(struct device *device, uint8_t slot, struct release *release, struct error *e)
{
	static struct tail tail;
	struct block *block = device->slot[slot];
	int r = verify_release(device, slot, &tail, release, e);

	for (uint32_t i = 0; r == 0 && i < release->chunks; i++) {
		r = verify_chunk(block, release, i, NULL);
		if (r == -EBADMSG)
			return error_set(e, EBADMSG,
				"slot %c: chunk %u of %u is not what was signed",
				device_letter(slot), i + 1, release->chunks);
		if (r < 0)
			return error_set(
				e, -r, "%s: cannot read: %s", block->name, strerror(-r));
	}
	return r;
}
