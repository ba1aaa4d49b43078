/* SPDX-License-Identifier: ISC */
#include "codec.h"

#include "wire.h"

void
codec_u8(struct codec *c, uint8_t *value)
{
	if (c->writer)
		wire_put_u8(c->writer, *value);
	else
		*value = wire_get_u8(c->reader);
}

void
codec_u16(struct codec *c, uint16_t *value)
{
	if (c->writer)
		wire_put_u16(c->writer, *value);
	else
		*value = wire_get_u16(c->reader);
}

void
codec_u32(struct codec *c, uint32_t *value)
{
	if (c->writer)
		wire_put_u32(c->writer, *value);
	else
		*value = wire_get_u32(c->reader);
}

void
codec_u64(struct codec *c, uint64_t *value)
{
	if (c->writer)
		wire_put_u64(c->writer, *value);
	else
		*value = wire_get_u64(c->reader);
}

void
codec_i64(struct codec *c, int64_t *value)
{
	uint64_t bits = (uint64_t)*value;

	codec_u64(c, &bits);
	*value = (int64_t)bits;
}

void
codec_string(struct codec *c, const char **text)
{
	if (c->writer)
		wire_put_string(c->writer, *text ? *text : "");
	else
		*text = wire_get_string(c->reader);
}

void
codec_bytes(struct codec *c, const uint8_t **data, uint32_t *size)
{
	if (c->writer)
		wire_put_bytes(c->writer, *data, *size);
	else
		*data = wire_get_bytes(c->reader, size);
}

void
codec_count(struct codec *c, uint16_t *count, size_t most)
{
	codec_u16(c, count);
	if (*count <= most)
		return;
	c->too_many = true;
	if (c->reader)
		*count = 0;
}

void
codec_strings(struct codec *c, const char **list, size_t most)
{
	uint16_t count = 0;

	if (c->writer)
		while (count <= most && list[count])
			count++;
	codec_count(c, &count, most);
	for (size_t i = 0; i < count && i < most; i++)
		codec_string(c, &list[i]);
	if (c->reader)
		list[count] = NULL;
}
