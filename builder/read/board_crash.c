/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config_log.h"
#include "lib/error.h"
#include "lib/ini.h"
#include "board.h"
#include "board_layers.h"
#include "board_parts.h"
#include "builder/base/field.h"
#include "builder/base/xalloc.h"

#define COUNT 32
#define SIZE  (8 << 20)

/* Nothing is kept without a folder, so the other keys need it. */
static int
need_store(struct layers *l, struct error *e)
{
	static const char *const keys[] = {"count", "size"};
	struct found f;

	for (size_t i = 0; i < 2; i++)
		if (layers_get(l, "crash", keys[i], &f))
			return ini_bad(f.ini, f.entry, e,
				"want [crash] store beside it, such as \"store = /data/crash\"");
	return 0;
}

int
board_read_crash(struct board *board, struct layers *l, struct error *e)
{
	struct config_crash *crash = &board->crash;
	uint64_t count = COUNT;
	const char *fault;
	struct found f;
	int r = 0;

	if (!layers_get(l, "crash", "store", &f))
		return need_store(l, e);
	fault = path_fault(f.entry->value);
	if (fault)
		return ini_bad(
			f.ini, f.entry, e, "%s, got \"%.80s\"", fault, f.entry->value);
	crash->store = xstrdup(f.entry->value);
	if (layers_get(l, "crash", "count", &f)) {
		r = ini_count(f.ini, f.entry, 10000, &count, e);
		if (r == 0 && count == 0)
			r = ini_bad(f.ini, f.entry, e, "want 1 to 10000, got \"%s\"",
				f.entry->value);
	}
	crash->count = (uint16_t)count;
	crash->size = SIZE;
	if (r == 0 && layers_get(l, "crash", "size", &f)) {
		r = ini_size(f.ini, f.entry, &crash->size, e);
		if (r == 0 && crash->size < CONFIG_CRASH_LEAST)
			r = ini_bad(f.ini, f.entry, e, "want at least 64K, got \"%s\"",
				f.entry->value);
	}
	return r;
}
