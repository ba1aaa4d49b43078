/* SPDX-License-Identifier: ISC */
#include "logwire.h"

#include <errno.h>
#include <string.h>

#include "lib/wire.h"

#define VERSION 1

size_t
logwire_put(const struct logwire *record, uint8_t *data)
{
	struct wire_writer w;

	wire_write_fixed(&w, data, LOGWIRE_PACKET);
	wire_put_u8(&w, VERSION);
	wire_put_u8(&w, record->priority);
	wire_put_u8(&w, record->flags);
	wire_put_u64(&w, record->sequence);
	wire_put_u64(&w, record->time_us);
	wire_put_u64(&w, record->lost);
	wire_put_string(&w, record->source);
	wire_put_bytes(&w, (const uint8_t *)record->text, record->size);
	return w.failed ? 0 : w.size;
}

int
logwire_get(struct logwire *record, const uint8_t *data, size_t size)
{
	struct wire_reader r;

	wire_read_init(&r, data, size);
	if (wire_get_u8(&r) != VERSION)
		return -EBADMSG;
	record->priority = wire_get_u8(&r);
	record->flags = wire_get_u8(&r);
	record->sequence = wire_get_u64(&r);
	record->time_us = wire_get_u64(&r);
	record->lost = wire_get_u64(&r);
	record->source = wire_get_string(&r);
	record->text = (const char *)wire_get_bytes(&r, &record->size);
	if (r.failed || r.at != r.size || record->size > LOGWIRE_TEXT ||
		record->priority >= 24 * 8)
		return -EBADMSG;
	return 0;
}
