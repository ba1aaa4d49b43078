/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "progress.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "builder/base/xalloc.h"

#define REDRAW_MS 240
#define TIME_MAX  64

/* ECMA-48: erase to the end of the display, cursor up, and DEC's hide and show cursor. */
#define ERASE "\r\033[J"
#define UP    "\033[%zuA"
#define HIDE  "\033[?25l"
#define SHOW  "\033[?25h"

struct node {
	char *name; /* NULL: the slot is free */
	char *step;
	int64_t start;
	int64_t expected; /* ms; 0: not known */
};

static struct progress {
	struct node *slot;
	size_t slots, nodes, done, running;
	int64_t start, drawn;
	int64_t planned; /* ms of the nodes that wait, as far as known */
	size_t unknown; /* nodes that wait, of which nothing is known */
	bool any_plan; /* progress_plan() was called: unknown counts */
	bool active, terminal;
	pid_t owner; /* jobs forked from it must not touch its terminal */
} progress;

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static char *
time_file(const char *name)
{
	char *path = xasprintf("%s/time/%s", store_path(), name);

	for (char *at = path + strlen(path) - strlen(name); *at; at++)
		if (*at == '/' || (*at == '.' && at[-1] == '/'))
			*at = '_';
	return path;
}

/* How long it took last time, in ms; 0 if that is not known. */
static int64_t
last_time(const char *name)
{
	char *path = time_file(name), *text, *end;
	int64_t ms = 0;
	size_t size;

	if (io_read_file(AT_FDCWD, path, TIME_MAX, &text, &size, NULL) == 0) {
		errno = 0;
		ms = strtoll(text, &end, 10);
		if (errno || end == text || strcmp(end, "\n") != 0 || ms < 0 ||
			ms > INT64_C(1000) * 3600 * 24 * 30)
			ms = 0;
		free(text);
	}
	free(path);
	return ms;
}

double
progress_expected(const char *name)
{
	return (double)last_time(name) / 1000;
}

static void
keep_time(const char *name, int64_t ms)
{
	char *path = time_file(name), text[TIME_MAX];
	int length = snprintf(text, sizeof text, "%" PRId64 "\n", ms);

	/* It only feeds a guess: a full disk speaks up elsewhere. */
	(void)io_replace_file(AT_FDCWD, path, text, (size_t)length, 0644, NULL);
	free(path);
}

/* 0:07, 12:30, 1:02:03 */
static const char *
clock_text(int64_t ms, char text[32])
{
	int64_t s = (ms + 500) / 1000;

	if (s < 3600)
		snprintf(text, 32, "%" PRId64 ":%02" PRId64, s / 60, s % 60);
	else
		snprintf(text, 32, "%" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600,
			s / 60 % 60, s % 60);
	return text;
}

static void
put(const char *text)
{
	(void)io_write_full(2, text, strlen(text));
}

static void
close_terminal(void)
{
	if (progress.active && progress.terminal && progress.owner == getpid())
		put(ERASE SHOW);
	progress.active = false;
}

void
progress_begin(size_t nodes, size_t slots)
{
	static bool registered;
	const char *term = getenv("TERM");

	free(progress.slot);
	progress = (struct progress){.slot = xcalloc(slots, sizeof *progress.slot),
		.slots = slots,
		.nodes = nodes,
		.start = now_ms(),
		.active = true,
		.owner = getpid(),
		.terminal = isatty(2) && term && strcmp(term, "dumb") != 0};
	if (!registered && atexit(close_terminal) != 0)
		die("out of memory");
	registered = true;
	if (progress.terminal)
		put(HIDE);
}

void
progress_plan(const char *name)
{
	int64_t ms = last_time(name);

	progress.any_plan = true;
	progress.planned += ms;
	progress.unknown += ms == 0;
}

void
progress_start(size_t slot, const char *name)
{
	struct node *node = &progress.slot[slot];

	*node = (struct node){.name = xstrdup(name),
		.step = xstrdup(""),
		.start = now_ms(),
		.expected = last_time(name)};
	progress.running++;
	if (progress.any_plan && node->expected)
		progress.planned -= node->expected;
	else if (progress.unknown)
		progress.unknown--;
}

void
progress_step(size_t slot, const char *step)
{
	struct node *node = &progress.slot[slot];

	free(node->step);
	node->step = xstrdup(step);
	if (!progress.terminal)
		say("%s: %s", node->name, step);
}

/* What is left by last time's figures, in ms, for as many at a time as there are slots;
 * -1. */
static int64_t
time_left(int64_t now)
{
	int64_t sum = progress.planned, longest = 0;

	if (!progress.any_plan || progress.unknown || !progress.slots)
		return -1;
	for (size_t i = 0; i < progress.slots; i++) {
		const struct node *node = &progress.slot[i];
		int64_t left = node->expected - (now - node->start);

		if (!node->name)
			continue;
		if (!node->expected)
			return -1;
		if (left < 0)
			left = 0;
		sum += left;
		if (left > longest)
			longest = left;
	}
	sum /= (int64_t)progress.slots;
	return sum > longest ? sum : longest;
}

/* One line of at most `width` columns, below what stands there. */
static void
add_line(FILE *to, int width, const char *line)
{
	fprintf(to, "\n%.*s", width, line);
}

static void
add_total(FILE *to, int width, int64_t now)
{
	char line[256], elapsed[32], left[32] = "";
	int64_t ms = time_left(now);

	snprintf(line, sizeof line, "%zu/%zu nodes, %zu running, elapsed %s%s%s%s",
		progress.done, progress.nodes, progress.running,
		clock_text(now - progress.start, elapsed), ms < 0 ? "" : ", about ",
		ms < 0 ? "" : clock_text(ms, left), ms < 0 ? "" : " left");
	add_line(to, width, line);
}

static void
add_node(FILE *to, int width, int64_t now, const struct node *node)
{
	char line[512], elapsed[32], expected[32];

	snprintf(line, sizeof line, "  %-20s %-12s %8s%s%s", node->name, node->step,
		clock_text(now - node->start, elapsed),
		node->expected ? " of about " : "",
		node->expected ? clock_text(node->expected, expected) : "");
	add_line(to, width, line);
}

/*
 * The cursor rests on an empty line above the lines drawn, so that a message of a job,
 * which knows nothing of them, gets a line of its own; the next redraw erases what is
 * below it.
 */
static void
draw(void)
{
	int64_t now = now_ms();
	struct winsize size;
	size_t lines = 1, shown = 0, rows = 24, length;
	int width = 79;
	char *text;
	FILE *to = open_memstream(&text, &length);

	if (!to)
		return;
	if (ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 && size.ws_row > 3) {
		width = size.ws_col - 1;
		rows = size.ws_row;
	}
	fputs(ERASE, to);
	for (size_t i = 0; i < progress.slots; i++) {
		if (!progress.slot[i].name || shown + 3 > rows)
			continue;
		add_node(to, width, now, &progress.slot[i]);
		shown++;
	}
	add_total(to, width, now);
	lines += shown;
	fprintf(to, "\r" UP, lines);
	if (fclose(to) == 0)
		put(text);
	free(text);
	progress.drawn = now;
}

void
progress_done(size_t slot, const char *how)
{
	struct node *node = &progress.slot[slot];
	int64_t ms = now_ms() - node->start;
	bool built = strcmp(how, "built") == 0;
	char text[32];

	if (built)
		keep_time(node->name, ms);
	if (progress.terminal)
		put(ERASE);
	if (progress.terminal)
		say("%s: %s in %s", node->name, how, clock_text(ms, text));
	else if (built)
		say("%s: built in %" PRId64 " s", node->name, (ms + 500) / 1000);
	else
		say("%s: %s", node->name, how);
	free(node->name);
	free(node->step);
	memset(node, 0, sizeof *node);
	progress.running--;
	progress.done++;
}

void
progress_tick(void)
{
	if (progress.active && progress.terminal &&
		now_ms() - progress.drawn >= REDRAW_MS)
		draw();
}

void
progress_end(void)
{
	close_terminal();
}
