/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/config.h"
#include "lib/error.h"
#include "lib/ini.h"
#include "board.h"
#include "board_layers.h"
#include "board_parts.h"
#include "builder/base/field.h"
#include "builder/base/path.h"
#include "builder/base/tree.h"
#include "builder/base/xalloc.h"

/* Who wants a service, as messages name it: an entry of the board, or a line of a
 * service. */
struct asker {
	const struct ini *ini;
	const struct ini_entry *entry; /* NULL: the three below */
	const char *file, *key;
	unsigned line;
};

static int
refuse(const struct asker *asker, struct error *e, const char *why)
{
	if (asker->entry)
		return ini_bad(asker->ini, asker->entry, e, "%s", why);
	return error_set(
		e, EINVAL, "%s:%u: %s: %s", asker->file, asker->line, asker->key, why);
}

/* FOLDER/services/NAME.service if it is there, else NULL. */
static char *
service_in(const char *dir, const char *below, const char *name)
{
	char *file = xasprintf("%s%s/%s.service", dir, below, name);

	if (access(file, F_OK) == 0)
		return file;
	free(file);
	return NULL;
}

/* The service file that a recipe of the image brings; two recipes with one are an error.
 */
static int
find_in_recipes(const struct board *board, const struct asker *asker, const char *name,
	char **file, struct error *e)
{
	const char *first = NULL;

	for (size_t i = 0; i < board->recipes.count; i++) {
		char *dir, *here;
		int r = tree_find_recipe(board->recipes.item[i], &dir, e);

		if (r < 0)
			return r;
		here = service_in(dir, "", name);
		free(dir);
		if (here && *file) {
			char *why = xasprintf(
				"the recipes %s and %s both have a %s.service: put yours into the board's services folder",
				first, board->recipes.item[i], name);
			free(here);
			r = refuse(asker, e, why);
			free(why);
			return r;
		}
		if (here) {
			*file = here;
			first = board->recipes.item[i];
		}
	}
	return 0;
}

static int
find_service(const struct board *board, struct layers *l, const struct asker *asker,
	const char *name, char **file, struct error *e)
{
	char *shown, *why;
	int r;

	*file = service_in(board->dir, "/services", name);
	if (!*file && l->base_dir)
		*file = service_in(l->base_dir, "/services", name);
	if (*file)
		return 0;
	r = find_in_recipes(board, asker, name, file, e);
	if (r < 0 || *file)
		return r;
	shown = path_shown(board->dir);
	why = xasprintf(
		"there is no %s.service in %s/services%s%s%s nor beside a recipe of the image",
		name, shown, l->base_name ? ", in those of board " : "",
		l->base_name ? l->base_name : "", l->base_name ? "," : "");
	r = refuse(asker, e, why);
	free(why);
	free(shown);
	return r;
}

/* The index of the service, read if it is not there yet; -errno with e. */
static int
add_service(struct board *board, struct layers *l, const struct asker *asker,
	const char *name, struct error *e)
{
	char *file = NULL;
	int r;

	for (size_t i = 0; i < board->service_count; i++)
		if (strcmp(board->services[i].name, name) == 0)
			return (int)i;
	if (board->service_count == CONFIG_SERVICES) {
		char *why = xasprintf("want at most %d services, \"%s\" is one more",
			CONFIG_SERVICES, name);
		r = refuse(asker, e, why);
		free(why);
		return r;
	}
	r = find_service(board, l, asker, name, &file, e);
	if (r == 0) {
		size_t at = board->service_count++;

		board->services =
			xrealloc(board->services, at + 1, sizeof(*board->services));
		r = service_read(&board->services[at], file, e);
		if (r == 0)
			r = (int)at;
	}
	free(file);
	return r;
}

/* Brings in what a service names; `boot`: they start when it does. True in *more if
 * anything changed. */
static int
pull(struct board *board, struct layers *l, size_t index, const char *key, bool boot,
	bool *more, struct error *e)
{
	/* A copy: the array moves as it grows; the names stay where they are. */
	const struct service from = board->services[index];
	const struct service_names *others = strcmp(key, "Requires") == 0 ? &from.requires
					     : strcmp(key, "Wants") == 0
						     ? &from.wants
						     : &from.on_failure;
	const struct asker asker = {.file = from.file, .line = others->line, .key = key};

	for (size_t i = 0; i < others->names.count; i++) {
		size_t before = board->service_count;
		int r = add_service(board, l, &asker, others->names.item[i], e);
		struct service *other;

		if (r < 0)
			return r;
		other = &board->services[r];
		if (boot && from.life.at_boot && !other->life.at_boot &&
			other->life.timer_boot_ms == CONFIG_NEVER) {
			other->life.at_boot = 1;
			*more = true;
		}
		*more = *more || board->service_count > before;
	}
	return 0;
}

/* All that the enabled ones need, and what those need. */
static int
pull_all(struct board *board, struct layers *l, struct error *e)
{
	bool more = true;
	int r = 0;

	while (r == 0 && more) {
		more = false;
		for (size_t i = 0; r == 0 && i < board->service_count; i++) {
			r = pull(board, l, i, "Requires", true, &more, e);
			if (r == 0)
				r = pull(board, l, i, "Wants", true, &more, e);
			if (r == 0)
				r = pull(board, l, i, "OnFailure", false, &more, e);
		}
	}
	return r;
}

/* What is critical has to be there from the boot on. */
static int
check_critical(const struct board *board, struct error *e)
{
	for (size_t i = 0; i < board->service_count; i++) {
		const struct service *service = &board->services[i];

		if (service->life.critical && !service->life.at_boot)
			return error_set(e, EINVAL,
				"%s: Critical: want it enabled in the board: OnFailure alone does not start it at boot",
				service->file);
	}
	return 0;
}

int
parts_read_services(struct board *board, struct layers *l, struct error *e)
{
	struct strlist names = {0};
	struct found f;
	int r;

	if (!layers_get(l, "services", "enable", &f))
		return 0;
	r = field_names(f.ini, f.entry, true, NAME_OTHER, &names, e);
	if (r == 0 && names.count > CONFIG_SERVICES)
		r = ini_bad(f.ini, f.entry, e, "want at most %d services, got %zu",
			CONFIG_SERVICES, names.count);
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		const struct asker asker = {.ini = f.ini, .entry = f.entry};

		r = add_service(board, l, &asker, names.item[i], e);
		if (r >= 0) {
			struct config_life *life = &board->services[r].life;

			life->at_boot = life->timer_boot_ms == CONFIG_NEVER;
			r = 0;
		}
	}
	strlist_free(&names);
	if (r == 0)
		r = pull_all(board, l, e);
	if (r == 0)
		r = check_critical(board, e);
	if (r == 0)
		r = service_sort(board->services, board->service_count, f.ini->file, e);
	if (r == 0)
		r = service_check_failures(board->services, board->service_count, e);
	if (r == 0)
		r = board_users_resolve(board, e);
	if (r == 0)
		r = service_check_ids(board->services, board->service_count, e);
	if (r == 0)
		r = service_check_runtime(board->services, board->service_count, e);
	return r;
}
