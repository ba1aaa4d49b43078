/* SPDX-License-Identifier: ISC */
#include <inttypes.h>

#include "timeline.h"

/* Pixels. */
#define WIDTH  960
#define LEFT   180 /* names end here */
#define RIGHT  20
#define TOP    64
#define ROW    22
#define BAR    14
#define BOTTOM 20
#define TICKS  10 /* at most */

static double
x_of(const struct timeline *t, uint64_t time)
{
	uint64_t end = t->end ? t->end : 1;

	if (time > end)
		time = end;
	return LEFT + (double)time / (double)end * (WIDTH - LEFT - RIGHT);
}

/* Names come from a console, that is, from anywhere. */
static void
put_text(const char *text, FILE *to)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", to);
		else if (*text == '&')
			fputs("&amp;", to);
		else
			fputc((unsigned char)*text < ' ' || (unsigned char)*text > '~'
					? '?'
					: *text,
				to);
	}
}

/* 1, 2 or 5 times a power of ten, at most TICKS of them in the whole. */
static uint64_t
tick_of(uint64_t end)
{
	uint64_t tick = 1;

	for (;;) {
		if (end / tick <= TICKS)
			return tick;
		if (end / (2 * tick) <= TICKS)
			return 2 * tick;
		if (end / (5 * tick) <= TICKS)
			return 5 * tick;
		tick *= 10;
	}
}

static void
draw_axis(const struct timeline *t, double bottom, FILE *to)
{
	uint64_t tick = tick_of(t->end);

	for (uint64_t time = 0; time <= t->end; time += tick)
		fprintf(to,
			"<path class=\"tick\" d=\"M%.1f %dV%.1f\"/>"
			"<text class=\"tick\" x=\"%.1f\" y=\"%d\">%" PRIu64 ".%03" PRIu64
			"</text>\n",
			x_of(t, time), TOP - 6, bottom, x_of(t, time), TOP - 12,
			time / 1000000, time / 1000 % 1000);
}

static void
draw_marks(const struct timeline *t, double bottom, FILE *to)
{
	for (size_t i = 0; i < t->mark_count; i++)
		fprintf(to,
			"<path class=\"mark\" d=\"M%.1f %dV%.1f\"/>"
			"<text class=\"mark\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
			x_of(t, t->marks[i].time), TOP - 6, bottom,
			x_of(t, t->marks[i].time), bottom + 14, t->marks[i].name);
}

static void
draw_span(const struct timeline *t, const char *class, uint64_t from, uint64_t until,
	double y, FILE *to)
{
	double x = x_of(t, from), width = x_of(t, until) - x;

	fprintf(to,
		"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>\n",
		class, x, y, width < 1 ? 1 : width, BAR);
}

static void
draw_bar(const struct timeline *t, const struct timeline_bar *bar, double y, FILE *to)
{
	static const char *const classes[] = {
		[TIMELINE_KERNEL] = "kernel",
		[TIMELINE_PID1] = "pid1",
		[TIMELINE_SERVICE] = "service",
	};

	fprintf(to, "<text class=\"name\" x=\"%d\" y=\"%.1f\">", LEFT - 8, y + 11);
	put_text(bar->name, to);
	fputs("</text>\n", to);
	if (bar->ready != TIMELINE_NEVER) {
		draw_span(t, "waits", bar->start, bar->ready, y, to);
		draw_span(t, classes[bar->kind], bar->ready, bar->end, y, to);
	} else {
		draw_span(t, classes[bar->kind], bar->start, bar->end, y, to);
	}
}

void
timeline_draw(const struct timeline *timeline, const char *title, FILE *to)
{
	double bottom = TOP + (double)timeline->bar_count * ROW;

	fprintf(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
		"viewBox=\"0 0 %d %.0f\">\n"
		"<style>text{font:12px sans-serif;fill:#222}.title{font-size:15px}"
		".name{text-anchor:end}.tick{stroke:#ddd;text-anchor:middle}"
		"text.tick,text.mark{stroke:none}.mark{stroke:#c0392b;text-anchor:middle}"
		".kernel{fill:#7f8c8d}.pid1{fill:#2c3e50}.service{fill:#2e86c1}"
		".waits{fill:#aed6f1}</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<text class=\"title\" x=\"12\" y=\"24\">",
		WIDTH, bottom + BOTTOM, WIDTH, bottom + BOTTOM);
	put_text(title, to);
	fputs("</text>\n", to);
	draw_axis(timeline, bottom, to);
	for (size_t i = 0; i < timeline->bar_count; i++)
		draw_bar(timeline, &timeline->bars[i], TOP + (double)i * ROW + 4, to);
	draw_marks(timeline, bottom, to);
	fputs("</svg>\n", to);
}
