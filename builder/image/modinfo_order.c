/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/config.h"
#include "lib/error.h"
#include "builder/read/board.h"
#include "elf.h"
#include "modinfo.h"
#include "builder/base/nearest.h"
#include "rootfs.h"
#include "builder/base/xalloc.h"

enum mark { MARK_NONE, MARK_OPEN, MARK_DONE };

/* A module file of the image. */
struct found {
	const struct rootfs_entry *entry;
	struct modinfo info;
	enum mark mark;
};

struct order {
	const struct board *board;
	const char *vermagic;
	struct found *found;
	size_t count;
	struct modinfo_loads *loads;
};

static int
read_module(struct found *found, const struct rootfs_entry *entry, struct error *e)
{
	struct elf_input in;
	struct error why;
	int r = rootfs_open(entry, &in, e);

	if (r < 0)
		return r;
	found->entry = entry;
	r = modinfo_read(&found->info, &in, &why);
	rootfs_close(&in);
	return r < 0 ? rootfs_blame(entry, r, &why, e) : 0;
}

static int
find_modules(struct order *order, const struct rootfs *rootfs, struct error *e)
{
	order->found = xcalloc(rootfs->count + 1, sizeof(*order->found));
	for (size_t i = 0; i < rootfs->count; i++) {
		int r;

		if (!rootfs_is_module(&rootfs->entry[i]))
			continue;
		r = read_module(&order->found[order->count++], &rootfs->entry[i], e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The image's module of that name; *twice is another file of the same name. */
static struct found *
find(const struct order *order, const char *name, struct found **twice)
{
	struct found *first = NULL;

	*twice = NULL;
	for (size_t i = 0; i < order->count; i++) {
		if (!modinfo_same_name(order->found[i].info.name, name))
			continue;
		if (first)
			*twice = &order->found[i];
		else
			first = &order->found[i];
	}
	return first;
}

static const struct board_module *
declaration(const struct board *board, const char *name)
{
	for (size_t i = 0; i < board->module_count; i++)
		if (modinfo_same_name(board->modules[i].name, name))
			return &board->modules[i];
	return NULL;
}

/* The kernel itself takes these for every module. */
static bool
parameter_known(const struct modinfo *info, const char *name)
{
	if (strcmp(name, "async_probe") == 0 || strcmp(name, "dyndbg") == 0)
		return true;
	for (size_t i = 0; i < info->parameters.count; i++)
		if (modinfo_same_name(info->parameters.item[i], name))
			return true;
	return false;
}

/* "" where the module does not say it. */
static const char *
parameter_type(const struct modinfo *info, const char *name)
{
	for (size_t i = 0; i < info->types.count; i++) {
		const char *type = strchr(info->types.item[i], ':');
		char *known;
		bool same;

		if (!type)
			continue;
		known = xasprintf(
			"%.*s", (int)(type - info->types.item[i]), info->types.item[i]);
		same = modinfo_same_name(known, name);
		free(known);
		if (same)
			return type + 1;
	}
	return "";
}

/* One "name" or "name=value"; the value without the quotes around it. */
static int
check_parameter(const struct board_module *module, const struct modinfo *info, char *name,
	char *value, struct error *e)
{
	const char *near, *want;
	size_t length = value ? strlen(value) : 0;

	if (!parameter_known(info, name)) {
		near = nearest(name, &info->parameters);
		return error_set(e, EINVAL,
			"%s:%u: %s: the module knows no parameter \"%.80s\"%s%s%s",
			module->file, module->line, module->name, name,
			near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
	}
	if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
		value[length - 1] = '\0';
		value++;
	}
	want = modinfo_value_fault(parameter_type(info, name), value);
	if (!want)
		return 0;
	return error_set(e, EINVAL, "%s:%u: %s: %s: want %s, got \"%.80s\"", module->file,
		module->line, module->name, name, want, value ? value : "");
}

/* "a=1 b="x y" c": as the kernel's next_arg() parts them. */
static int
check_parameters(
	const struct board_module *module, const struct modinfo *info, struct error *e)
{
	const char *p = module->parameters + strspn(module->parameters, " \t\n");
	int r = 0;

	while (*p && r == 0) {
		const char *start = p;
		bool quoted = false;
		char *word, *equals;

		for (; *p && (quoted || !strchr(" \t\n", *p)); p++)
			quoted ^= *p == '"';
		if (quoted)
			return error_set(e, EINVAL, "%s:%u: %s: a quote is not closed",
				module->file, module->line, module->name);
		word = xasprintf("%.*s", (int)(p - start), start);
		equals = strchr(word, '=');
		if (equals)
			*equals++ = '\0';
		r = check_parameter(module, info, word, equals, e);
		free(word);
		p += strspn(p, " \t\n");
	}
	return r;
}

static int
check_kernel(const struct order *order, const struct board_module *asked,
	const struct found *found, struct error *e)
{
	struct error why;
	int r = modinfo_check_kernel(&found->info, order->vermagic, &why);

	if (r < 0)
		return error_set(e, -r, "%s:%u: %s: %s is %.700s", asked->file,
			asked->line, asked->name, found->entry->path, why.text);
	return 0;
}

static void
append(struct modinfo_loads *loads, const struct found *found, const char *parameters)
{
	loads->load = xrealloc(loads->load, loads->count + 1, sizeof(*loads->load));
	loads->load[loads->count++] = (struct modinfo_load){
		.name = xstrdup(found->info.name),
		.path = xstrdup(found->entry->path),
		.parameters = xstrdup(parameters),
	};
	for (char *p = loads->load[loads->count - 1].name; *p; p++)
		if (*p == '-')
			*p = '_'; /* as /proc/modules has it */
}

/* Adds a module behind its dependencies. asked: the line of board.ini that leads here. */
static int
visit(struct order *order, const char *name, const char *needed_by,
	const struct board_module *asked, struct error *e)
{
	struct found *twice, *found = find(order, name, &twice);
	const struct board_module *own;
	int r;

	if (!found && needed_by)
		return error_set(e, ENOENT,
			"%s:%u: %s: %s needs the module %s, which is not in the image: add the recipe that installs it",
			asked->file, asked->line, asked->name, needed_by, name);
	if (!found)
		return error_set(e, ENOENT,
			"%s:%u: %s: no such module in the image: add the recipe that installs %s.ko to [image] recipes",
			asked->file, asked->line, asked->name, name);
	if (twice)
		return error_set(e, EEXIST,
			"%s:%u: %s: two files of the image are this module: %s and %s",
			asked->file, asked->line, asked->name, found->entry->path,
			twice->entry->path);
	if (found->mark == MARK_DONE)
		return 0;
	if (found->mark == MARK_OPEN)
		return error_set(e, ELOOP, "%s:%u: %s: %s and %s depend on each other",
			asked->file, asked->line, asked->name, name, needed_by);
	found->mark = MARK_OPEN;
	r = check_kernel(order, asked, found, e);
	for (size_t i = 0; i < found->info.depends.count && r == 0; i++)
		r = visit(order, found->info.depends.item[i], found->info.name, asked, e);
	own = declaration(order->board, found->info.name);
	if (r == 0 && own)
		r = check_parameters(own, &found->info, e);
	if (r == 0 && order->loads->count == CONFIG_MODULES)
		r = error_set(e, E2BIG, "%s:%u: %s: a board loads at most %d modules",
			asked->file, asked->line, asked->name, CONFIG_MODULES);
	if (r == 0)
		append(order->loads, found, own ? own->parameters : "");
	found->mark = MARK_DONE;
	return r;
}

int
modinfo_order(const struct board *board, const struct rootfs *rootfs,
	const char *vermagic, struct modinfo_loads *loads, struct error *e)
{
	struct order order = {.board = board, .vermagic = vermagic, .loads = loads};
	int r;

	*loads = (struct modinfo_loads){0};
	r = find_modules(&order, rootfs, e);
	for (size_t i = 0; i < board->module_count && r == 0; i++)
		r = visit(&order, board->modules[i].name, NULL, &board->modules[i], e);
	for (size_t i = 0; i < order.count; i++)
		modinfo_free(&order.found[i].info);
	free(order.found);
	return r;
}

void
modinfo_loads_free(struct modinfo_loads *loads)
{
	for (size_t i = 0; i < loads->count; i++) {
		free(loads->load[i].name);
		free(loads->load[i].path);
		free(loads->load[i].parameters);
	}
	free(loads->load);
	*loads = (struct modinfo_loads){0};
}
