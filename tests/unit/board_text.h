/* SPDX-License-Identifier: ISC */
/* A board's text in a scratch tree, read; who includes it says what the tree holds. */
#ifndef TESTS_BOARD_TEXT_H
#define TESTS_BOARD_TEXT_H

#include "scratch.h"

#include "builder/read/board.h"

static const char path[] = "boards/b/board.ini";

static int
read_it(const char *file, struct error *e)
{
	struct board board;
	int r;

	(void)file;
	r = board_read(&board, "boards/b", e);
	board_free(&board);
	return r;
}

/* Reads text as boards/b/board.ini; the caller frees what came of it. */
static void
accepted(const char *text, struct board *board)
{
	struct error e = {.text = ""};
	int r;

	scratch_write(path, text);
	r = board_read(board, "boards/b", &e);
	assert_string_equal(e.text, "");
	assert_int_equal(r, 0);
	assert_null(config_net_fault(&board->net.config));
}

#endif
