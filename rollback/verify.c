/* SPDX-License-Identifier: ISC */
#include "verify.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"

#define PIECE	65536 /* bytes, of a read; every chunk is a multiple but the last */
#define THREADS 4 /* at most; memory is bounded */

/* Each thread has one such. */
static _Alignas(BLOCK_ALIGN) uint8_t pieces[THREADS][PIECE];

/* Some chunks of an image, judged in one thread. */
struct span {
	struct block *block;
	const struct release *release;
	const uint8_t *first; /* the image's first block, or NULL: it is in its place */
	uint8_t *piece; /* of PIECE bytes */
};

static int
check_chunk(const struct span *span, uint32_t i)
{
	struct block *block = span->block;
	uint64_t at = (uint64_t)i * span->release->chunk_size;
	uint32_t left = release_chunk_bytes(span->release, i);
	uint8_t *piece = span->piece, hash[RELEASE_HASH];
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	while (left > 0) {
		uint32_t size = left < PIECE ? left : PIECE;
		uint32_t whole = (size + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
		int r = block->read_back(block, at, piece, whole);

		if (r < 0)
			return r;
		if (at == 0 && span->first)
			memcpy(piece, span->first, BLOCK_ALIGN);
		crypto_generichash_update(&state, piece, size);
		at += size;
		left -= size;
	}
	crypto_generichash_final(&state, hash, sizeof(hash));
	return memcmp(hash, span->release->chunk[i], sizeof(hash)) == 0 ? 0 : -EBADMSG;
}

int
verify_span(struct block *block, const struct release *release, uint32_t i, uint32_t end,
	const uint8_t *first, uint32_t *broken)
{
	struct span span = {
		.block = block, .release = release, .first = first, .piece = pieces[0]};

	for (; i < end; i++) {
		int r = check_chunk(&span, i);

		if (r < 0) {
			*broken = i;
			return r;
		}
	}
	*broken = end;
	return 0;
}

/* The chunks of an image, as threads take them in turns. */
struct crew {
	struct block *block;
	const struct release *release;
	atomic_uint next; /* chunk that nobody has begun */
	atomic_uint broken; /* the first found, release->chunks: none */
	atomic_int error; /* of it */
	atomic_uint members;
};

static void *
work(void *argument)
{
	struct crew *crew = argument;
	struct span span = {.block = crew->block,
		.release = crew->release,
		.piece = pieces[atomic_fetch_add(&crew->members, 1)]};
	uint32_t all = crew->release->chunks;

	while (atomic_load(&crew->broken) == all) {
		uint32_t i = atomic_fetch_add(&crew->next, 1);
		unsigned none = all;
		int r;

		if (i >= all)
			break;
		r = check_chunk(&span, i);
		if (r < 0 && atomic_compare_exchange_strong(&crew->broken, &none, i))
			atomic_store(&crew->error, r);
	}
	return NULL;
}

/* As many as there are processors for. */
static unsigned
choose_threads(const struct block *block, const struct release *release)
{
	long threads = block->parallel ? sysconf(_SC_NPROCESSORS_ONLN) : 1;

	if (threads > THREADS)
		threads = THREADS;
	if (threads > (long)release->chunks)
		threads = release->chunks;
	return threads < 1 ? 1 : (unsigned)threads;
}

int
verify_chunks(struct block *block, const struct release *release, uint32_t *broken)
{
	struct crew crew = {
		.block = block, .release = release, .broken = release->chunks};
	unsigned threads = choose_threads(block, release), started = 0;
	pthread_t thread[THREADS];

	/* Where none can be had, this one does it all. */
	while (started + 1 < threads &&
		pthread_create(&thread[started], NULL, work, &crew) == 0)
		started++;
	work(&crew);
	while (started > 0)
		pthread_join(thread[--started], NULL);
	*broken = atomic_load(&crew.broken);
	return atomic_load(&crew.error);
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
	uint32_t broken;
	int r = verify_release(device, slot, &tail, release, e);

	if (r < 0)
		return r;
	r = verify_chunks(block, release, &broken);
	if (r == -EBADMSG)
		return error_set(e, EBADMSG,
			"slot %c: chunk %u of %u is not what was signed",
			device_letter(slot), broken + 1, release->chunks);
	if (r < 0)
		return error_set(e, -r, "%s: cannot read: %s", block->name, strerror(-r));
	return 0;
}
