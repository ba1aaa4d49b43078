/* SPDX-License-Identifier: ISC */
/* Boards in a scratch tree, for the tests of their reader. */
#ifndef TESTS_BOARDS_H
#define TESTS_BOARDS_H

#include "board_text.h"

#define HEAD                                                                             \
	"[board]\nname = b\narch = x86_64\nhostname = host\nversion = 2\n"               \
	"epoch = 2026-01-01T00:00:00Z\n"
#define KERNEL "[kernel]\nrecipe = linux\nconfig = base\ncmdline = quiet noinitrd\n"
#define IMAGE  "[image]\nrecipes = pid1 hello\nram = 128M\n"
#define ALL    HEAD KERNEL IMAGE /* 13 lines */

static int
set_up(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	scratch_write("recipes/linux/recipe.ini", "");
	scratch_write("recipes/pid1/recipe.ini", "");
	scratch_write("recipes/hello/recipe.ini", "");
	scratch_write(
		"recipes/hello/hello.service", "[Service]\nExecStart = /bin/hello\n");
	scratch_write("kernel-configs/base.config", "");
	scratch_write("kernel-configs/net.config", "");
	scratch_write("boards/b/motd", "hello\n");
	return 0;
}

/* Reads text as boards/b/board.ini; the message must be exactly this. */
static void
refused(const char *text, const char *message)
{
	scratch_refused(path, text, read_it, message);
}

#endif
