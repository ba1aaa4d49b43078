/* SPDX-License-Identifier: ISC */
#include "board_health.h"

#include <errno.h>

#include "lib/config_health.h"
#include "lib/config_life.h"
#include "lib/error.h"
#include "lib/ini.h"
#include "board.h"
#include "board_layers.h"
#include "builder/base/command.h"
#include "builder/base/field.h"

static int
read_time(struct layers *l, const char *key, uint64_t low_ms, uint64_t otherwise_ms,
	uint64_t *ms, struct error *e)
{
	struct found f;
	int r;

	*ms = otherwise_ms;
	if (!layers_get(l, "health", key, &f))
		return 0;
	r = ini_seconds(f.ini, f.entry, ms, e);
	if (r == 0 && (*ms < low_ms || *ms > CONFIG_WAIT_MS))
		r = ini_bad(f.ini, f.entry, e, "want %llus to 24h, got \"%s\"",
			(unsigned long long)low_ms / 1000, f.entry->value);
	return r;
}

static int
read_command(struct layers *l, const char *key, struct strlist *words, struct error *e)
{
	struct found f;
	char why[256];

	if (!layers_get(l, "health", key, &f))
		return 0;
	if (command_split(f.entry->value, words, why, sizeof(why)) < 0)
		return ini_bad(f.ini, f.entry, e, "%s", why);
	if (path_fault(words->item[0]))
		return ini_bad(f.ini, f.entry, e, "%s, got \"%.80s\"",
			path_fault(words->item[0]), words->item[0]);
	if (words->count > CONFIG_HEALTH_WORDS)
		return ini_bad(f.ini, f.entry, e, "want at most %d words, got %zu",
			CONFIG_HEALTH_WORDS, words->count);
	return 0;
}

int
board_health_read(struct board *board, struct layers *l, struct error *e)
{
	struct board_health *health = &board->health;
	int r = read_time(l, "trial", 0, 30 * 1000, &health->trial_ms, e);

	if (r == 0)
		r = read_time(l, "deadline", 1000, 300 * 1000, &health->deadline_ms, e);
	if (r == 0)
		r = read_time(l, "timeout", 1000, 30 * 1000, &health->timeout_ms, e);
	if (r == 0)
		r = read_command(l, "healthy", &health->healthy, e);
	if (r == 0)
		r = read_command(l, "unhealthy", &health->unhealthy, e);
	return r;
}

void
board_health_free(struct board_health *health)
{
	strlist_free(&health->healthy);
	strlist_free(&health->unhealthy);
}

void
board_health_compile(const struct board_health *from, struct config_health *to)
{
	to->trial_ms = from->trial_ms;
	to->deadline_ms = from->deadline_ms;
	to->timeout_ms = from->timeout_ms;
	for (size_t i = 0; i < from->healthy.count; i++)
		to->healthy[i] = from->healthy.item[i];
	for (size_t i = 0; i < from->unhealthy.count; i++)
		to->unhealthy[i] = from->unhealthy.item[i];
}
