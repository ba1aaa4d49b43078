/* SPDX-License-Identifier: ISC */
#include "record.h"

#include <errno.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "error.h"
#include "wire.h"

#define MAGIC	   "INGOTSLT"
#define PAYLOAD_AT 24
#define HASH_AT	   (RECORD_SIZE - 8)

/* What stands before the payload. */
struct head {
	uint32_t version, size;
	uint64_t sequence;
};

static bool
parse(const uint8_t bytes[RECORD_SIZE], struct head *head)
{
	struct wire_reader r;

	if (memcmp(bytes, MAGIC, 8) != 0)
		return false;
	wire_read_init(&r, bytes, RECORD_SIZE);
	r.at = HASH_AT;
	if (wire_get_u64(&r) != XXH64(bytes, HASH_AT, 0))
		return false;
	r.at = 8;
	head->version = wire_get_u32(&r);
	head->size = wire_get_u32(&r);
	head->sequence = wire_get_u64(&r);
	return head->size <= RECORD_PAYLOAD;
}

static void
pack(uint8_t bytes[RECORD_SIZE], const struct head *head, const void *payload)
{
	struct wire_writer w;

	memset(bytes, 0, RECORD_SIZE);
	memcpy(bytes, MAGIC, 8);
	wire_write_fixed(&w, bytes + 8, PAYLOAD_AT - 8);
	wire_put_u32(&w, head->version);
	wire_put_u32(&w, head->size);
	wire_put_u64(&w, head->sequence);
	memcpy(bytes + PAYLOAD_AT, payload, head->size);
	wire_write_fixed(&w, bytes + HASH_AT, 8);
	wire_put_u64(&w, XXH64(bytes, HASH_AT, 0));
}

/* Serial numbers: one more than the largest is 0, and that is the newer one. */
static bool
is_newer(uint64_t a, uint64_t b)
{
	return a != b && a - b < UINT64_C(1) << 63;
}

/* Reads a copy into record->bytes. Caches show what a failed flush never wrote. */
static bool
load(struct record *record, unsigned copy, struct head *head)
{
	struct block *block = record->block;

	if (block->read_back(block, copy * record->unit, record->bytes, RECORD_SIZE) <
		0) {
		record->unread = true;
		return false;
	}
	return parse(record->bytes, head);
}

int
record_open(struct record *record, struct block *block, uint64_t unit, unsigned copies,
	uint32_t version, struct error *e)
{
	struct head head;

	memset(record, 0, sizeof(*record));
	record->block = block;
	record->unit = unit;
	record->copies = copies;
	record->version = version;
	if (copies < 2 || copies > RECORD_COPIES || unit < RECORD_SIZE ||
		unit % BLOCK_ALIGN != 0 || block->size / copies < unit)
		return error_set(e, EINVAL,
			"%s: has no room for %u copies of the state, one every %llu bytes",
			block->name, copies, (unsigned long long)unit);
	for (unsigned i = 0; i < copies; i++) {
		if (!load(record, i, &head))
			continue;
		record->valid[i] = true;
		record->sequence[i] = head.sequence;
		if (!record->found ||
			is_newer(head.sequence, record->sequence[record->newest]))
			record->newest = i;
		record->found = true;
	}
	if (!record->found)
		return error_set(
			e, ENODATA, "%s: no copy of the state is whole", block->name);
	/* Again: the loop left the last copy in bytes. */
	if (!load(record, record->newest, &head))
		return error_set(e, EIO, "%s: reads differently each time", block->name);
	if (head.version != version)
		return error_set(e, EPROTO,
			"%s: the state has layout version %u, this program knows %u",
			block->name, head.version, version);
	record->size = head.size;
	return 0;
}

const uint8_t *
record_payload(const struct record *record)
{
	return record->bytes + PAYLOAD_AT;
}

/* A broken copy, else the oldest; never the newest, and none that was tried before. */
static unsigned
choose(const struct record *record, const bool tried[RECORD_COPIES])
{
	unsigned best = record->copies;

	for (unsigned i = 0; i < record->copies; i++) {
		if (tried[i] || (record->found && i == record->newest))
			continue;
		if (!record->valid[i])
			return i;
		if (best == record->copies ||
			is_newer(record->sequence[best], record->sequence[i]))
			best = i;
	}
	return best;
}

static int
put_copy(struct record *record, unsigned copy, const struct head *head,
	const void *payload)
{
	struct block *block = record->block;
	uint64_t at = copy * record->unit;
	struct head back;
	int r;

	pack(record->bytes, head, payload);
	record->valid[copy] = false;
	r = block->write(block, at, record->bytes, RECORD_SIZE);
	if (r == 0)
		r = block->flush(block);
	if (r == 0)
		r = block->read_back(block, at, record->bytes, RECORD_SIZE);
	if (r < 0)
		return r;
	if (!parse(record->bytes, &back) || back.version != head->version ||
		back.sequence != head->sequence || back.size != head->size ||
		memcmp(record->bytes + PAYLOAD_AT, payload, head->size) != 0)
		return -EIO;
	return 0;
}

int
record_put(struct record *record, const void *payload, size_t size, struct error *e)
{
	bool tried[RECORD_COPIES] = {false};
	struct head head = {.version = record->version, .size = (uint32_t)size};
	int r;

	if (size > RECORD_PAYLOAD)
		return error_set(e, EFBIG, "%s: a state of %zu bytes has no room",
			record->block->name, size);
	/* The newest copy may be one that somebody was killed before he had flushed it:
	 * no other is written over until it is durable. */
	r = record->block->flush(record->block);
	if (r < 0)
		return error_set(e, -r, "%s: cannot write the state: %s",
			record->block->name, strerror(-r));
	r = -ENOSPC;
	if (record->found)
		head.sequence = record->sequence[record->newest] + 1;
	for (;;) {
		unsigned copy = choose(record, tried);

		if (copy == record->copies)
			return error_set(e, -r, "%s: cannot write the state: %s",
				record->block->name, strerror(-r));
		r = put_copy(record, copy, &head, payload);
		if (r == 0) {
			record->valid[copy] = record->found = true;
			record->sequence[copy] = head.sequence;
			record->newest = copy;
			record->size = size;
			return 0;
		}
		tried[copy] = true;
	}
}
