/* SPDX-License-Identifier: ISC */
#include "logline.h"

#include <string.h>

#include "pid1/base/terminal.h"

#define SEVERITY_INFO 6

/* Hands on what is in the line's buffer and empties it. */
static void
emit(struct logline *line, bool part, logline_take *take, void *context)
{
	unsigned severity = SEVERITY_INFO;
	char *text = line->text;
	size_t size = line->used;

	if (!part && size > 0 && text[size - 1] == '\r')
		size--;
	/* A level stands at the beginning of a line only. */
	if (!line->part && size >= 3 && text[0] == '<' && text[1] >= '0' &&
		text[1] <= '7' && text[2] == '>') {
		severity = (unsigned)(text[1] - '0');
		text += 3;
		size -= 3;
	}
	terminal_clean(text, size);
	take(context, text, size, severity, part);
	line->used = 0;
	line->part = part;
}

void
logline_feed(struct logline *line, const char *data, size_t size, logline_take *take,
	void *context)
{
	while (size > 0) {
		const char *end = memchr(data, '\n', size);
		size_t length = end ? (size_t)(end - data) : size;
		size_t room = sizeof(line->text) - line->used;

		/* Cut only when more of it comes: a line of just this size is whole. */
		if (length > room) {
			memcpy(line->text + line->used, data, room);
			line->used += room;
			data += room;
			size -= room;
			emit(line, true, take, context);
			continue;
		}
		memcpy(line->text + line->used, data, length);
		line->used += length;
		if (!end)
			return;
		data += length + 1;
		size -= length + 1;
		emit(line, false, take, context);
	}
}

void
logline_end(struct logline *line, logline_take *take, void *context)
{
	if (line->used > 0)
		emit(line, false, take, context);
	line->part = false;
}

static bool
over(const struct loglimit *limit, uint64_t now_ms)
{
	return now_ms - limit->start_ms >= limit->interval_ms;
}

bool
loglimit_allow(struct loglimit *limit, uint64_t now_ms)
{
	if (limit->burst == 0 || limit->interval_ms == 0)
		return true;
	if (limit->taken == 0 || over(limit, now_ms)) {
		limit->start_ms = now_ms;
		limit->taken = 0;
	}
	if (limit->taken < limit->burst) {
		limit->taken++;
		return true;
	}
	limit->dropped++;
	return false;
}

uint64_t
loglimit_over(struct loglimit *limit, uint64_t now_ms)
{
	uint64_t dropped = limit->dropped;

	if (dropped == 0 || !over(limit, now_ms))
		return 0;
	limit->dropped = limit->taken = 0;
	return dropped;
}

uint64_t
loglimit_due(const struct loglimit *limit)
{
	if (limit->dropped == 0)
		return UINT64_MAX;
	return limit->start_ms + limit->interval_ms;
}
