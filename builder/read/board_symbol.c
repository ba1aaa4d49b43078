/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "board.h"
#include "board_layers.h"
#include "board_net.h"
#include "kconfig.h"
#include "builder/base/tree.h"

static bool
loads(const struct board *board, const char *module)
{
	for (size_t i = 0; module && i < board->module_count; i++)
		if (strcmp(board->modules[i].name, module) == 0)
			return true;
	return false;
}

int
board_need_symbol(const struct board *board, const struct found *f, const char *symbol,
	const char *module, const char *fragment, struct error *e)
{
	struct strlist files = {0};
	struct kconfig config = {0};
	bool there = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < board->fragments.count; i++) {
		char *file = NULL;

		r = tree_find_fragment(board->fragments.item[i], &file, e);
		if (r == 0)
			r = strlist_add(&files, file);
		free(file);
	}
	if (r == 0)
		r = kconfig_read(&config, &files, e);
	for (size_t i = 0; r == 0 && i < config.count; i++) {
		const struct kconfig_request *request = &config.request[i];

		if (strcmp(request->symbol, symbol) == 0)
			there = strcmp(request->value, "y") == 0 ||
				(strcmp(request->value, "m") == 0 &&
					loads(board, module));
	}
	kconfig_free(&config);
	strlist_free(&files);
	if (r < 0 || there)
		return r;
	return ini_bad(f->ini, f->entry, e,
		"the kernel lacks CONFIG_%s: want a fragment with it in [kernel] config, such as \"%s\"%s%s%s",
		symbol, fragment, module ? ", or as a module \"" : "",
		module ? module : "", module ? "\" in [modules]" : "");
}

void
board_net_free(struct board_net *net)
{
	free((uint8_t *)(uintptr_t)net->config.firewall);
	strlist_free(&net->kept);
}
