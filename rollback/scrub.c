/* SPDX-License-Identifier: ISC */
#include "scrub.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "history_clock.h"
#include "lib/wire.h"
#include "verify.h"

#define MAGIC	 "INGOTSUM"
#define SUM_SIZE 32 /* bytes of a sum */
#define PIECE	 65536

static _Alignas(BLOCK_ALIGN) uint8_t piece[PIECE];
static struct release release;
static struct tail tail;

static int
failed(const struct block *block, const char *what, int r, struct error *e)
{
	return error_set(e, -r, "%s: cannot %s: %s", block->name, what, strerror(-r));
}

static void
pack(uint8_t bytes[SUM_SIZE], uint64_t size, uint64_t sum)
{
	struct wire_writer w;

	memcpy(bytes, MAGIC, 8);
	wire_write_fixed(&w, bytes + 8, SUM_SIZE - 8);
	wire_put_u64(&w, size);
	wire_put_u64(&w, sum);
	wire_put_u64(&w, XXH64(bytes, SUM_SIZE - 8, 0));
}

/* So that it takes no longer than the rate has it. */
static void
pace(uint64_t from, uint64_t done, uint64_t rate)
{
	uint64_t due = from + (uint64_t)((double)done * 1e9 / (double)rate);
	uint64_t now = clock_now();
	struct timespec pause;

	if (due <= now)
		return;
	pause = (struct timespec){.tv_sec = (time_t)((due - now) / 1000000000),
		.tv_nsec = (long)((due - now) % 1000000000)};
	nanosleep(&pause, NULL);
}

/* Of the image, up to the end of its last block. */
static int
sum_up(struct block *block, uint64_t size, uint64_t rate, uint64_t *sum)
{
	uint64_t from = clock_now();
	XXH3_state_t state;

	XXH3_INITSTATE(&state);
	XXH3_64bits_reset(&state);
	for (uint64_t at = 0; at < size; at += PIECE) {
		uint64_t left = (size - at + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
		size_t part = left < PIECE ? (size_t)left : PIECE;
		int r = block->read_back(block, at, piece, part);

		if (r < 0)
			return r;
		XXH3_64bits_update(&state, piece, part);
		if (rate > 0)
			pace(from, at + part, rate);
	}
	*sum = XXH3_64bits_digest(&state);
	return 0;
}

int
scrub_look(struct device *device, uint8_t slot, uint64_t rate, enum scrub_result *result,
	struct error *e)
{
	struct block *block = device->slot[slot];
	uint8_t stored[SUM_SIZE], found[SUM_SIZE];
	uint64_t sum;
	int r = verify_release(device, slot, &tail, &release, e);

	*result = SCRUB_DIFFERS;
	if (r < 0)
		return r == -EPERM || r == -ENODATA ? 0 : r;
	memcpy(stored, tail.first, SUM_SIZE);
	if (memcmp(stored, MAGIC, 8) != 0) {
		*result = SCRUB_NO_SUM;
		return 0;
	}
	r = sum_up(block, release.size, rate, &sum);
	if (r < 0)
		return failed(block, "read", r, e);
	pack(found, release.size, sum);
	if (memcmp(stored, found, SUM_SIZE) == 0)
		*result = SCRUB_WHOLE;
	return 0;
}

/* The withheld first block's place is of no use any more: it alone is written, since a cut
 * may take more than a sector of the block with it. */
static int
put_sum(struct block *block, const uint8_t bytes[SUM_SIZE], struct error *e)
{
	int r = tail_read(block, &tail);

	if (r < 0)
		return failed(block, "read", r, e);
	if (memcmp(tail.first, bytes, SUM_SIZE) == 0)
		return 0;
	memset(tail.first, 0, sizeof(tail.first));
	memcpy(tail.first, bytes, SUM_SIZE);
	r = tail_write_first(block, &tail);
	if (r == 0)
		r = block->flush(block);
	return r < 0 ? failed(block, "write", r, e) : 0;
}

int
scrub_settle(struct device *device, uint8_t slot, struct error *e)
{
	struct block *block = device->slot[slot];
	uint8_t bytes[SUM_SIZE];
	uint64_t sum;
	int r = verify_slot(device, slot, &release, e);

	if (r < 0)
		return r;
	r = sum_up(block, release.size, 0, &sum);
	if (r < 0)
		return failed(block, "read", r, e);
	pack(bytes, release.size, sum);
	return put_sum(block, bytes, e);
}
