/* SPDX-License-Identifier: ISC */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

void
wire_read_init(struct wire_reader *r, const void *data, size_t size)
{
	r->data = data;
	r->size = size;
	r->at = 0;
	r->failed = false;
}

static const uint8_t *
take(struct wire_reader *r, size_t size)
{
	const uint8_t *p;

	if (r->failed || r->size - r->at < size) {
		r->failed = true;
		return NULL;
	}
	p = r->data + r->at;
	r->at += size;
	return p;
}

static uint64_t
get(struct wire_reader *r, size_t size)
{
	const uint8_t *p = take(r, size);
	uint64_t v = 0;

	if (p)
		for (size_t i = size; i-- > 0;)
			v = v << 8 | p[i];
	return v;
}

uint8_t
wire_get_u8(struct wire_reader *r)
{
	return (uint8_t)get(r, 1);
}

uint16_t
wire_get_u16(struct wire_reader *r)
{
	return (uint16_t)get(r, 2);
}

uint32_t
wire_get_u32(struct wire_reader *r)
{
	return (uint32_t)get(r, 4);
}

uint64_t
wire_get_u64(struct wire_reader *r)
{
	return get(r, 8);
}

const char *
wire_get_string(struct wire_reader *r)
{
	size_t length = wire_get_u32(r);
	const uint8_t *p;

	/* Compared before the NUL is added, so that no length can wrap. */
	if (r->failed || length >= r->size - r->at) {
		r->failed = true;
		return "";
	}
	p = take(r, length + 1);
	if (!p || p[length] != '\0' || memchr(p, '\0', length)) {
		r->failed = true;
		return "";
	}
	return (const char *)p;
}

const uint8_t *
wire_get_bytes(struct wire_reader *r, uint32_t *size)
{
	uint32_t length = wire_get_u32(r);
	const uint8_t *p = take(r, length);

	*size = p ? length : 0;
	return p;
}

void
wire_write_init(struct wire_writer *w)
{
	memset(w, 0, sizeof(*w));
}

void
wire_write_fixed(struct wire_writer *w, void *data, size_t capacity)
{
	memset(w, 0, sizeof(*w));
	w->data = data;
	w->capacity = capacity;
	w->fixed = true;
}

/* Room for size more bytes, or NULL once anything has failed. */
static uint8_t *
room(struct wire_writer *w, size_t size)
{
	uint8_t *p;

	if (w->failed)
		return NULL;
	if (w->capacity - w->size < size) {
		size_t capacity = w->capacity ? w->capacity : 256;

		while (capacity - w->size < size && capacity <= SIZE_MAX / 2)
			capacity *= 2;
		p = w->fixed || capacity - w->size < size ? NULL
							  : realloc(w->data, capacity);
		if (!p) {
			w->failed = true;
			return NULL;
		}
		w->data = p;
		w->capacity = capacity;
	}
	p = w->data + w->size;
	w->size += size;
	return p;
}

static void
put(struct wire_writer *w, uint64_t v, size_t size)
{
	uint8_t *p = room(w, size);

	if (p)
		for (size_t i = 0; i < size; i++)
			p[i] = (uint8_t)(v >> 8 * i);
}

void
wire_put_u8(struct wire_writer *w, uint8_t v)
{
	put(w, v, 1);
}

void
wire_put_u16(struct wire_writer *w, uint16_t v)
{
	put(w, v, 2);
}

void
wire_put_u32(struct wire_writer *w, uint32_t v)
{
	put(w, v, 4);
}

void
wire_put_u64(struct wire_writer *w, uint64_t v)
{
	put(w, v, 8);
}

void
wire_put_string(struct wire_writer *w, const char *text)
{
	size_t length = strlen(text);
	uint8_t *p;

	if (length >= UINT32_MAX) {
		w->failed = true;
		return;
	}
	wire_put_u32(w, (uint32_t)length);
	p = room(w, length + 1);
	if (p)
		memcpy(p, text, length + 1);
}

void
wire_put_bytes(struct wire_writer *w, const uint8_t *data, uint32_t size)
{
	uint8_t *p;

	wire_put_u32(w, size);
	p = room(w, size);
	if (p && size > 0)
		memcpy(p, data, size);
}

void
wire_free(struct wire_writer *w)
{
	if (!w->fixed)
		free(w->data);
	memset(w, 0, sizeof(*w));
}
