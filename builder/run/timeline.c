/* SPDX-License-Identifier: ISC */
#include "timeline.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "builder/base/xalloc.h"

/* A piece of the text that is one line, or what is left of it. */
struct piece {
	const char *at;
	size_t size;
};

/* Takes the prefix off; false: it has another. */
static bool
skip(struct piece *p, const char *prefix)
{
	size_t length = strlen(prefix);

	if (p->size < length || memcmp(p->at, prefix, length) != 0)
		return false;
	p->at += length;
	p->size -= length;
	return true;
}

static bool
take_number(struct piece *p, size_t most, uint64_t *number)
{
	size_t digits = 0;

	*number = 0;
	while (digits < p->size && digits < most && p->at[digits] >= '0' &&
		p->at[digits] <= '9')
		*number = *number * 10 + (uint64_t)(p->at[digits++] - '0');
	p->at += digits;
	p->size -= digits;
	return digits > 0;
}

/* "[    0.397123] " as printk and pid1 write it, in microseconds. */
static bool
take_time(struct piece *p, uint64_t *time)
{
	uint64_t seconds, micros;

	if (!skip(p, "["))
		return false;
	while (skip(p, " "))
		;
	if (!take_number(p, 9, &seconds) || !skip(p, ".") ||
		!take_number(p, 6, &micros) || !skip(p, "] "))
		return false;
	*time = seconds * 1000000 + micros;
	return true;
}

static struct timeline_bar *
add_bar(struct timeline *t, enum timeline_kind kind, const char *name, size_t size,
	uint64_t start)
{
	struct timeline_bar *bar;

	t->bars = xrealloc(t->bars, t->bar_count + 1, sizeof(*t->bars));
	bar = &t->bars[t->bar_count++];
	*bar = (struct timeline_bar){
		.kind = kind,
		.name = xasprintf("%.*s", (int)size, name),
		.start = start,
		.ready = TIMELINE_NEVER,
		.end = TIMELINE_NEVER,
	};
	return bar;
}

/* The newest bar of the service, NULL if it has none. */
static struct timeline_bar *
find_service(const struct timeline *t, const char *name, size_t size)
{
	for (size_t i = t->bar_count; i-- > 0;) {
		struct timeline_bar *bar = &t->bars[i];

		if (bar->kind == TIMELINE_SERVICE && strlen(bar->name) == size &&
			memcmp(bar->name, name, size) == 0)
			return bar;
	}
	return NULL;
}

static void
take_service(struct timeline *t, struct piece p, uint64_t time)
{
	const char *colon = memchr(p.at, ':', p.size);
	size_t length = colon ? (size_t)(colon - p.at) : 0;
	struct piece what = {p.at + length, p.size - length};
	struct timeline_bar *bar;

	if (length == 0 || length > 64 || !skip(&what, ": "))
		return;
	bar = find_service(t, p.at, length);
	if (skip(&what, "started")) {
		add_bar(t, TIMELINE_SERVICE, p.at, length, time);
	} else if (!bar || bar->end != TIMELINE_NEVER) {
		return;
	} else if (skip(&what, "ready")) {
		bar->ready = time;
	} else if (skip(&what, "exited") || skip(&what, "ended") ||
		   skip(&what, "killed")) {
		bar->end = time;
	} else {
		return;
	}
	t->end = time;
}

static void
add_mark(struct timeline *t, const char *name, uint64_t time)
{
	if (t->mark_count == sizeof(t->marks) / sizeof(t->marks[0]))
		return;
	t->marks[t->mark_count++] = (struct timeline_mark){name, time};
	t->end = time;
}

/* The bars of the kernel and of pid1 are the first two. */
static void
take_line(struct timeline *t, struct piece p)
{
	uint64_t time;

	if (!take_time(&p, &time))
		return;
	if (t->bar_count == 0)
		add_bar(t, TIMELINE_KERNEL, "kernel", 6, 0);
	if (!skip(&p, "pid1: ")) {
		if (t->bar_count == 1 && skip(&p, "Run /init "))
			t->bars[0].end = t->end = time;
		return;
	}
	if (t->bar_count == 1) {
		if (t->bars[0].end == TIMELINE_NEVER)
			t->bars[0].end = time;
		add_bar(t, TIMELINE_PID1, "pid1", 4, time);
		t->end = time;
	}
	if (skip(&p, "service ")) {
		take_service(t, p, time);
	} else if (skip(&p, "boot complete")) {
		t->bars[1].end = time;
		add_mark(t, "complete", time);
	} else if (skip(&p, "health: healthy")) {
		add_mark(t, "healthy", time);
	}
}

int
timeline_read(struct timeline *timeline, const char *text, size_t size)
{
	const char *end = text + size;

	memset(timeline, 0, sizeof(*timeline));
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		struct piece line = {text, (size_t)((newline ? newline : end) - text)};

		if (line.size > 0 && line.at[line.size - 1] == '\r')
			line.size--;
		take_line(timeline, line);
		text = newline ? newline + 1 : end;
		/* A restart begins again at 0. */
		if (timeline->bar_count > 1 && text < end && *text == '[') {
			struct piece next = {text, (size_t)(end - text)};
			uint64_t time;

			if (take_time(&next, &time) && time < timeline->bars[0].end &&
				skip(&next, "Linux version"))
				break;
		}
	}
	return timeline->bar_count > 1 ? 0 : -ENODATA;
}

void
timeline_free(struct timeline *timeline)
{
	for (size_t i = 0; i < timeline->bar_count; i++)
		free(timeline->bars[i].name);
	free(timeline->bars);
	memset(timeline, 0, sizeof(*timeline));
}
