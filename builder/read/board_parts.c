/* SPDX-License-Identifier: ISC */
#include "board_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/error.h"
#include "lib/ini.h"
#include "lib/strlist.h"
#include "board.h"
#include "board_layers.h"
#include "builder/base/field.h"
#include "builder/base/path.h"
#include "builder/base/tree.h"
#include "builder/base/xalloc.h"

int
parts_check_recipe(const struct ini *ini, const struct ini_entry *entry, const char *name,
	struct error *e)
{
	char *dir = NULL;
	int r = tree_find_recipe(name, &dir, e);

	free(dir);
	return r < 0 ? field_blame(ini, entry, r, e) : 0;
}

int
parts_check_fragment(const struct ini *ini, const struct ini_entry *entry,
	const char *name, struct error *e)
{
	char *file = NULL;
	int r = tree_find_fragment(name, &file, e);

	free(file);
	return r < 0 ? field_blame(ini, entry, r, e) : 0;
}

/* As /proc/modules spells it. */
static int
check_module_name(const struct ini *ini, const struct ini_entry *entry, struct error *e)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

	if (entry->key[strspn(entry->key, allowed)] != '\0' || strlen(entry->key) > 55)
		return ini_bad(ini, entry, e,
			"want a module's name as /proc/modules has it: letters, digits and _");
	for (const char *p = entry->value; *p; p++)
		if (*p < ' ' || *p > '~')
			return ini_bad(ini, entry, e,
				"want parameters on one line, printable ASCII");
	return 0;
}

static int
add_module(struct board *board, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	struct board_module *module = board->modules;
	size_t i = 0;

	while (i < board->module_count && strcmp(module[i].name, entry->key) != 0)
		i++;
	if (i == CONFIG_MODULES)
		return ini_bad(ini, entry, e, "want at most %d modules", CONFIG_MODULES);
	if (i == board->module_count) {
		board->modules = module =
			xrealloc(board->modules, i + 1, sizeof(*board->modules));
		module[i] = (struct board_module){.name = xstrdup(entry->key)};
		board->module_count++;
	}
	free(module[i].parameters);
	free(module[i].file);
	module[i].parameters = xstrdup(entry->value);
	module[i].file = xstrdup(ini->file);
	module[i].line = entry->line;
	return check_module_name(ini, entry, e);
}

int
parts_read_modules(struct board *board, struct layers *l, struct error *e)
{
	const struct ini *const layers[] = {&l->base, &l->own};
	int r = 0;

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; r == 0 && i < layers[k]->count; i++)
			if (strcmp(layers[k]->entry[i].section, "modules") == 0)
				r = add_module(board, layers[k], &layers[k]->entry[i], e);
	return r;
}

/* SOURCE MODE [UID GID], the source a file in the folder of the board that says so. */
static int
read_file(struct board_file *file, const struct ini *ini, const struct ini_entry *entry,
	const char *dir, struct error *e)
{
	struct strlist words = {0};
	char *slashed = NULL;
	struct stat st;
	unsigned mode = 0;
	int r = strlist_split(&words, entry->value);

	if (r == 0)
		r = field_owner(ini, entry, &words, 1, &mode, &file->uid, &file->gid, e);
	if (r < 0)
		goto out;
	file->mode = mode;
	slashed = xasprintf("/%s", words.item[0]);
	file->source = path_join(dir, words.item[0]);
	if (path_fault(slashed))
		r = ini_bad(ini, entry, e,
			"want a file in the board's folder, got \"%.80s\"",
			words.item[0]);
	else if (stat(file->source, &st) < 0)
		r = ini_bad(ini, entry, e, "%s: %s", words.item[0], strerror(errno));
	else if (!S_ISREG(st.st_mode))
		r = ini_bad(ini, entry, e, "want a file, \"%s\" is none", words.item[0]);
out:
	free(slashed);
	strlist_free(&words);
	return r;
}

static void
free_file(struct board_file *file)
{
	free(file->path);
	free(file->source);
	free(file->file);
}

static int
add_file(struct board *board, const struct ini *ini, const struct ini_entry *entry,
	const char *dir, struct error *e)
{
	size_t i = 0;
	int r = field_image_path(ini, entry, e);

	if (r < 0)
		return r;
	while (i < board->file_count && strcmp(board->files[i].path, entry->key) != 0)
		i++;
	if (i == board->file_count) {
		board->files = xrealloc(board->files, i + 1, sizeof(*board->files));
		board->file_count++;
	} else {
		free_file(&board->files[i]);
	}
	board->files[i] = (struct board_file){.path = xstrdup(entry->key),
		.file = xstrdup(ini->file),
		.line = entry->line};
	return read_file(&board->files[i], ini, entry, dir, e);
}

int
parts_read_files(struct board *board, struct layers *l, struct error *e)
{
	const struct ini *const layers[] = {&l->base, &l->own};
	const char *const dirs[] = {l->base_dir, board->dir};
	int r = 0;

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; r == 0 && i < layers[k]->count; i++)
			if (strcmp(layers[k]->entry[i].section, "files") == 0)
				r = add_file(board, layers[k], &layers[k]->entry[i],
					dirs[k], e);
	return r;
}

void
parts_free(struct board *board)
{
	for (size_t i = 0; i < board->module_count; i++) {
		free(board->modules[i].name);
		free(board->modules[i].parameters);
		free(board->modules[i].file);
	}
	for (size_t i = 0; i < board->file_count; i++)
		free_file(&board->files[i]);
	for (size_t i = 0; i < board->service_count; i++)
		service_free(&board->services[i]);
	free(board->modules);
	free(board->files);
	free(board->services);
}
