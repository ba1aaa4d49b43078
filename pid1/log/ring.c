/* SPDX-License-Identifier: ISC */
#include "ring.h"

#include <string.h>

void
ring_init(struct ring *ring, void *memory, size_t size)
{
	*ring = (struct ring){.data = memory, .size = size};
	if (size < RING_LEAST)
		ring->data = NULL;
}

/* Records lie across the end of the memory: a copy is one piece or two. */
static void
copy_in(struct ring *ring, uint64_t position, const void *from, size_t size)
{
	size_t at = (size_t)(position % ring->size), first = ring->size - at;

	if (first > size)
		first = size;
	memcpy(ring->data + at, from, first);
	memcpy(ring->data, (const uint8_t *)from + first, size - first);
}

static void
copy_out(const struct ring *ring, uint64_t position, void *to, size_t size)
{
	size_t at = (size_t)(position % ring->size), first = ring->size - at;

	if (first > size)
		first = size;
	memcpy(to, ring->data + at, first);
	memcpy((uint8_t *)to + first, ring->data, size - first);
}

void
ring_put(struct ring *ring, struct ring_record *record, const char *text)
{
	struct ring_record oldest;
	size_t need;

	if (record->size > RING_TEXT)
		record->size = RING_TEXT;
	record->number = ring->count++;
	if (!ring->data)
		return;
	need = sizeof(*record) + record->size;
	while (ring->head + need - ring->tail > ring->size) {
		copy_out(ring, ring->tail, &oldest, sizeof(oldest));
		ring->tail += sizeof(oldest) + oldest.size;
	}
	copy_in(ring, ring->head, record, sizeof(*record));
	copy_in(ring, ring->head + sizeof(*record), text, record->size);
	ring->head += need;
}

bool
ring_peek(const struct ring *ring, uint64_t *position, struct ring_record *record)
{
	if (*position < ring->tail)
		*position = ring->tail;
	if (!ring->data || *position >= ring->head)
		return false;
	copy_out(ring, *position, record, sizeof(*record));
	return true;
}

bool
ring_get(const struct ring *ring, uint64_t *position, struct ring_record *record,
	char *text)
{
	if (!ring_peek(ring, position, record))
		return false;
	copy_out(ring, *position + sizeof(*record), text, record->size);
	text[record->size] = '\0';
	*position += sizeof(*record) + record->size;
	return true;
}

uint64_t
ring_last(const struct ring *ring, uint64_t most)
{
	uint64_t position = ring->tail;
	struct ring_record record;

	while (ring_peek(ring, &position, &record) && ring->count - record.number > most)
		position += sizeof(record) + record.size;
	return position;
}
