/* SPDX-License-Identifier: ISC */
#include "kmsg.h"

#include <string.h>

/* Decimal digits and the comma or semicolon behind them; *data moves past both. */
static bool
number(const char **data, const char *end, uint64_t *value)
{
	const char *p = *data;

	*value = 0;
	while (p < end && *p >= '0' && *p <= '9' && p - *data < 19)
		*value = *value * 10 + (uint64_t)(*p++ - '0');
	if (p == *data || p == end || (*p != ',' && *p != ';'))
		return false;
	*data = p + 1;
	return true;
}

bool
kmsg_parse(struct kmsg *kmsg, const char *data, size_t size)
{
	const char *end = data + size, *text = memchr(data, ';', size), *line;
	uint64_t priority, sequence;

	if (!text)
		return false;
	text++;
	/* "priority,sequence,microseconds,flags[,more];text\n KEY=value\n..." */
	if (!number(&data, text, &priority) || !number(&data, text, &sequence) ||
		!number(&data, text, &kmsg->time_us))
		return false;
	line = memchr(text, '\n', (size_t)(end - text));
	/* Facilities above 23 have no place in RFC 5424: such a record is the user's. */
	kmsg->priority = (uint8_t)(priority < 24 * 8 ? priority : 8 + priority % 8);
	kmsg->text = text;
	kmsg->size = (size_t)((line ? line : end) - text);
	return true;
}
