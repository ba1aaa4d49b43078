/* SPDX-License-Identifier: ISC */
#include "setup.h"

#include <errno.h>
#include <string.h>

#include "lib/config.h"
#include "lib/error.h"
#include "lib/ini.h"

int
setup_launcher(struct ini *ini, struct setup_launcher *launcher, struct error *e)
{
	static const char *const keys[LAUNCHER_COPIES] = {"a", "b"};
	struct ini_entry *board = ini_get(ini, "launcher", "board");
	int r = 0;

	launcher->board[0] = '\0';
	if (!board)
		return 0;
	if (!config_is_name(board->value))
		return ini_bad(ini, board, e, "want a board's name");
	memcpy(launcher->board, board->value, strlen(board->value) + 1);
	for (size_t i = 0; r == 0 && i < LAUNCHER_COPIES; i++)
		r = setup_device(ini, "launcher", keys[i], launcher->name[i], e);
	return r;
}

/* Who signs for the device signs its launcher, and did so before a rotation. */
static void
set_trust(struct setup *setup)
{
	static struct trust trust[ROOTS_MOST + 1];
	const struct roots *roots = &setup->roots;
	struct setup_launcher *launcher = &setup->launcher_copies;

	for (size_t i = 0; i < roots->count; i++) {
		trust[i] = roots->trust[i];
		memcpy(trust[i].board, launcher->board, sizeof(trust[i].board));
		trust[i].before = i > 0 ? &trust[i - 1] : NULL;
	}
	launcher->copies.trust = trust[roots->count - 1];
	launcher->copies.files = setup->firmware;
}

int
setup_open_launcher(struct setup *setup, struct error *e)
{
	struct setup_launcher *launcher = &setup->launcher_copies;

	if (!launcher->board[0])
		return 0;
	for (size_t i = 0; i < LAUNCHER_COPIES; i++) {
		int r = setup_find(setup, launcher->name[i], launcher->path[i], e);

		if (r == 0)
			r = block_file_open(
				&launcher->file[i], launcher->path[i], true, e);
		if (r < 0) {
			while (i-- > 0)
				block_file_close(&launcher->file[i]);
			return r;
		}
		launcher->copies.slot[i] = &launcher->file[i].block;
	}
	launcher->open = true;
	set_trust(setup);
	return 1;
}

void
setup_close_launcher(struct setup *setup)
{
	struct setup_launcher *launcher = &setup->launcher_copies;

	for (size_t i = 0; launcher->open && i < LAUNCHER_COPIES; i++)
		block_file_close(&launcher->file[i]);
	launcher->open = false;
}
