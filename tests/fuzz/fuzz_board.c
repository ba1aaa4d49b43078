/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "builder/read/board.h"
#include "lib/error.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names are looked up in the checkout that the harness is started in. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return setenv("INGOT_TREE", ".", 0);
}

/* Any bytes as boards/fuzz/board.ini: a board or a message, nothing leaked. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct board board;
	struct error e = {.text = ""};
	int r = board_parse(
		&board, "boards/fuzz", "board.ini", (const char *)data, size, &e);

	if (r > 0 || (r < 0 && !e.text[0]) || (r == 0 && (!board.name || !board.ram)))
		__builtin_trap();
	board_free(&board);
	return 0;
}
