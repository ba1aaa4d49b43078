/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/error.h"
#include "board.h"
#include "options.h"
#include "output.h"
#include "qemu.h"
#include "say.h"
#include "tree.h"
#include "verbs.h"
#include "xalloc.h"

/* In a terminal the serial port shares stdin with QEMU's monitor, so that there is a way
 * out. */
static void
use_terminal(struct strlist *arguments)
{
	for (size_t i = 0; i + 1 < arguments->count; i++)
		if (strcmp(arguments->item[i], "-serial") == 0) {
			free(arguments->item[i + 1]);
			arguments->item[i + 1] = xstrdup("mon:stdio");
		}
}

int
cmd_run(int argc, char **argv)
{
	struct strlist arguments = {0};
	struct board board;
	struct error e;
	char *dir, *image, **command;

	if (argc < 2)
		die_usage("run: want a board");
	if (argc > 2 && strcmp(argv[2], "--") != 0)
		die_usage("run: want -- before QEMU's arguments, got \"%s\"", argv[2]);
	if (tree_find_board(argv[1], &dir, &e) < 0 || board_read(&board, dir, &e) < 0)
		die("%s", e.text);
	image = output_image(board.name);
	if (access(image, R_OK) < 0)
		die("%s: no image to run: run `ingot build %s`", image, board.name);
	qemu_arguments(&board, image, &arguments);
	use_terminal(&arguments);
	for (int i = 3; i < argc; i++)
		if (strlist_add(&arguments, argv[i]) < 0)
			die("out of memory");
	command = xcalloc(arguments.count + 1, sizeof *command);
	for (size_t i = 0; i < arguments.count; i++) {
		command[i] = arguments.item[i];
		if (options.verbose)
			fprintf(stderr, "%s%s", command[i],
				i + 1 < arguments.count ? " " : "\n");
	}
	say("booting %s: Ctrl-A X quits, Ctrl-A H tells what else there is", image);
	execvp(command[0], command);
	die("%s: %s: apt-get install qemu-system-x86", command[0], strerror(errno));
}
