/* SPDX-License-Identifier: ISC */
#include "board.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "board_layers.h"
#include "board_parts.h"
#include "builder/base/field.h"
#include "builder/base/path.h"
#include "builder/base/xalloc.h"

#define MIB ((uint64_t)1 << 20)

static const struct field known[] = {
	{"board", "name"},
	{"board", "summary"},
	{"board", "arch"},
	{"board", "hostname"},
	{"board", "version"},
	{"board", "floor"},
	{"board", "epoch"},
	{"board", "inherit"},
	{"board", "replaces"},
	{"kernel", "recipe"},
	{"kernel", "config"},
	{"kernel", "cmdline"},
	{"crash", "count"},
	{"crash", "size"},
	{"crash", "store"},
	{"firewall", "accept"},
	{"firewall", "forward"},
	{"firewall", "output"},
	{"firewall", "required"},
	{"health", "deadline"},
	{"health", "healthy"},
	{"health", "timeout"},
	{"health", "trial"},
	{"health", "unhealthy"},
	{"links", NULL},
	{"log", "collector"},
	{"log", "console"},
	{"log", "kernel-size"},
	{"log", "size"},
	{"outbox", "bandwidth"},
	{"outbox", "collector"},
	{"outbox", "priorities"},
	{"kernel", "lock-modules"},
	{"entropy", "credit"},
	{"entropy", "seed"},
	{"modules", NULL},
	{"mounts", NULL},
	{"image", "recipes"},
	{"image", "compression"},
	{"image", "cavity"},
	{"image", "size-budget"},
	{"image", "ram"},
	{"image", "run-size"},
	{"image", "tmp-size"},
	{"image", "selfcheck"},
	{"services", "enable"},
	{"files", NULL},
	{"groups", NULL},
	{"users", NULL},
	{"watchdog", "device"},
	{"watchdog", "timeout"},
	{"watchdog", "boot-timeout"},
	{"watchdog", "required"},
	{"reason", "store"},
	{"reason", "pstore"},
	{"kexec", "loader"},
	{"kexec", "timeout"},
	{"slots", "a"},
	{"slots", "b"},
	{"slots", "board"},
	{"slots", "data"},
	{"slots", "disk"},
	{"slots", "firmware-watchdog"},
	{"slots", "keys"},
	{"slots", "launcher"},
	{"slots", "method"},
	{"slots", "size"},
	{"slots", "state"},
	{"slots", "threshold"},
	{"slots", "trial"},
	{"qemu", "machine"},
	{"qemu", "cpu"},
	{"qemu", "memory"},
	{"qemu", "arguments"},
	{NULL, NULL},
};

/* Its own name and what it replaces: neither is inherited. */
static int
read_name(struct board *board, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_need(ini, "board", "name", e);
	const char *slash = strrchr(board->dir, '/');
	const char *folder = slash ? slash + 1 : board->dir;
	int r;

	if (!entry)
		return -EINVAL;
	r = field_name(ini, entry, NAME_OTHER, &board->name, e);
	if (r == 0 && strcmp(board->name, folder) != 0)
		r = ini_bad(ini, entry, e, "want the folder's name \"%.80s\", got \"%s\"",
			folder, board->name);
	entry = ini_get(ini, "board", "replaces");
	if (r == 0 && entry && strcmp(entry->value, board->name) != 0)
		r = ini_bad(ini, entry, e,
			"want the board's own name \"%s\", which an earlier tree has too, got \"%.80s\"",
			board->name, entry->value);
	return r;
}

static int
read_hostname(struct board *board, const struct found *f, struct error *e)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
	const char *v = f->entry->value;
	size_t length = strlen(v);

	/* RFC 1123, 2.1, and the kernel's __NEW_UTS_LEN */
	if (length == 0 || length > 64 || v[strspn(v, allowed)] != '\0' ||
		strchr(".-", v[0]) || strchr(".-", v[length - 1]))
		return ini_bad(f->ini, f->entry, e,
			"want at most 64 letters, digits, dots and dashes, the first and last a letter or digit, got \"%.80s\"",
			v);
	board->hostname = xstrdup(v);
	return 0;
}

static int
read_times_and_versions(struct board *board, struct layers *l, struct error *e)
{
	struct found f;
	int r = layers_need(l, "board", "version", &f, e);

	if (r == 0)
		r = ini_count(f.ini, f.entry, UINT32_MAX, &board->version, e);
	if (r == 0 && layers_get(l, "board", "floor", &f)) {
		r = ini_count(f.ini, f.entry, UINT32_MAX, &board->floor, e);
		if (r == 0 && board->floor > board->version)
			r = ini_bad(f.ini, f.entry, e,
				"the floor %llu is above the image's own version %llu",
				(unsigned long long)board->floor,
				(unsigned long long)board->version);
	}
	if (r == 0)
		r = layers_need(l, "board", "epoch", &f, e);
	if (r == 0)
		r = ini_time(f.ini, f.entry, &board->epoch, e);
	/* newc archives have 32 bits for a time */
	if (r == 0 && (board->epoch <= 0 || board->epoch > UINT32_MAX))
		r = ini_bad(f.ini, f.entry, e,
			"want a time from 1970 to 2106, got \"%s\"", f.entry->value);
	return r;
}

static int
read_head(struct board *board, struct layers *l, struct error *e)
{
	static const char *const archs[] = {"x86_64", NULL};
	unsigned arch = 0;
	struct found f;
	int r = 0;

	if (l->base_name)
		board->inherits = xstrdup(l->base_name);
	if (layers_get(l, "board", "summary", &f))
		r = field_line(f.ini, f.entry, &board->summary, e);
	else
		board->summary = xstrdup("");
	if (r == 0)
		r = layers_need(l, "board", "arch", &f, e);
	if (r == 0)
		r = field_choice(f.ini, f.entry, archs, &arch, e);
	if (r < 0)
		return r;
	board->arch = xstrdup(archs[arch]);
	r = layers_need(l, "board", "hostname", &f, e);
	if (r == 0)
		r = read_hostname(board, &f, e);
	return r < 0 ? r : read_times_and_versions(board, l, e);
}

static int
read_cmdline(struct board *board, const struct found *f, struct error *e)
{
	struct strlist words = {0};
	char *line = xstrdup("");
	int r;

	if (strcmp(f->entry->value, "open") == 0) {
		free(line);
		return 0;
	}
	r = strlist_split(
		&words, f->entry->value); /* one blank between words, as on one line */
	for (size_t i = 0; r == 0 && i < words.count; i++) {
		char *longer = xasprintf("%s%s%s", line, i > 0 ? " " : "", words.item[i]);

		free(line);
		line = longer;
	}
	strlist_free(&words);
	for (const char *p = line; r == 0 && *p; p++)
		if (*p < ' ' || *p > '~')
			r = ini_bad(f->ini, f->entry, e, "want printable ASCII");
	if (r == 0 && strlen(line) > 2047) /* x86's COMMAND_LINE_SIZE */
		r = ini_bad(f->ini, f->entry, e, "want at most 2047 bytes, got %zu",
			strlen(line));
	if (r == 0 && !field_has_word(line, "noinitrd"))
		r = ini_bad(f->ini, f->entry, e,
			"want \"noinitrd\" in it, or a boot loader's initrd would replace the image's files (\"cmdline = open\" while developing)");
	if (r == 0)
		board->cmdline = line;
	else
		free(line);
	return r;
}

static int
read_kernel(struct board *board, struct layers *l, struct error *e)
{
	struct found f;
	int r = layers_need(l, "kernel", "recipe", &f, e);

	if (r == 0)
		r = field_name(f.ini, f.entry, NAME_RECIPE, &board->kernel, e);
	if (r == 0)
		r = parts_check_recipe(f.ini, f.entry, board->kernel, e);
	if (r == 0)
		r = layers_need(l, "kernel", "config", &f, e);
	if (r == 0)
		r = field_names(f.ini, f.entry, false, NAME_OTHER, &board->fragments, e);
	for (size_t i = 0; r == 0 && i < board->fragments.count; i++)
		r = parts_check_fragment(f.ini, f.entry, board->fragments.item[i], e);
	if (r == 0)
		r = layers_need(l, "kernel", "cmdline", &f, e);
	if (r == 0)
		r = read_cmdline(board, &f, e);
	if (r == 0 && layers_get(l, "kernel", "lock-modules", &f))
		r = ini_bool(f.ini, f.entry, &board->lock_modules, e);
	return r;
}

static int
read_compression(struct board *board, const struct found *f, struct error *e)
{
	const char *v = f->entry->value;
	unsigned level = 0;

	if (strncmp(v, "zstd-", 5) == 0 && v[5] != '0')
		for (v += 5; *v >= '0' && *v <= '9' && level < 100; v++)
			level = 10 * level + (unsigned)(*v - '0');
	if (*v != '\0' || level < 1 || level > 22)
		return ini_bad(f->ini, f->entry, e,
			"want zstd-1 to zstd-22, got \"%.80s\"", f->entry->value);
	board->zstd_level = level;
	return 0;
}

/* A size of the image, if given; at most the board's memory where ram is set. */
static int
read_size(
	struct layers *l, const char *key, uint64_t ram, uint64_t *bytes, struct error *e)
{
	struct found f;
	int r;

	if (!layers_get(l, "image", key, &f))
		return 0;
	r = field_size(f.ini, f.entry, bytes, e);
	if (r == 0 && ram && *bytes > ram)
		r = ini_bad(f.ini, f.entry, e, "\"%s\" is more than the board's ram",
			f.entry->value);
	return r;
}

static int
read_cavity(struct board *board, const struct found *f, struct error *e)
{
	int r;

	if (strcmp(f->entry->value, "auto") == 0)
		return 0;
	r = ini_size(f->ini, f->entry, &board->cavity, e);
	if (r == 0 && (board->cavity < 4 * MIB || board->cavity > 512 * MIB ||
			      (board->cavity & (board->cavity - 1)) != 0))
		r = ini_bad(f->ini, f->entry, e,
			"want auto or one of 4M, 8M, 16M, 32M ... 512M, got \"%s\"",
			f->entry->value);
	return r;
}

static int
read_image(struct board *board, struct layers *l, struct error *e)
{
	struct found f;
	int r = layers_need(l, "image", "recipes", &f, e);

	if (r == 0)
		r = field_names(f.ini, f.entry, false, NAME_RECIPE, &board->recipes, e);
	for (size_t i = 0; r == 0 && i < board->recipes.count; i++)
		r = parts_check_recipe(f.ini, f.entry, board->recipes.item[i], e);
	board->zstd_level = 19;
	if (r == 0 && layers_get(l, "image", "compression", &f))
		r = read_compression(board, &f, e);
	if (r == 0 && layers_get(l, "image", "cavity", &f))
		r = read_cavity(board, &f, e);
	if (r == 0)
		r = read_size(l, "size-budget", 0, &board->size_budget, e);
	if (r == 0)
		r = layers_need(l, "image", "ram", &f, e);
	if (r == 0)
		r = read_size(l, "ram", 0, &board->ram, e);
	board->run_size = 16 * MIB;
	board->tmp_size = 16 * MIB;
	if (r == 0)
		r = read_size(l, "run-size", board->ram, &board->run_size, e);
	if (r == 0)
		r = read_size(l, "tmp-size", board->ram, &board->tmp_size, e);
	if (r == 0 && layers_get(l, "image", "selfcheck", &f))
		r = ini_bool(f.ini, f.entry, &board->selfcheck, e);
	return r;
}

static int
read_qemu(struct board *board, struct layers *l, struct error *e)
{
	static const char *const keys[] = {"cpu", "memory", "arguments"};
	struct found f;
	int r;

	board->qemu.memory = board->ram;
	if (!layers_get(l, "qemu", "machine", &f)) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (layers_get(l, "qemu", keys[i], &f))
				return ini_bad(f.ini, f.entry, e,
					"want [qemu] machine beside it, such as \"machine = q35\"");
		return 0;
	}
	r = field_line(f.ini, f.entry, &board->qemu.machine, e);
	if (r == 0 && layers_get(l, "qemu", "cpu", &f))
		r = field_line(f.ini, f.entry, &board->qemu.cpu, e);
	if (r == 0 && layers_get(l, "qemu", "memory", &f)) {
		r = field_size(f.ini, f.entry, &board->qemu.memory, e);
		if (r == 0 && board->qemu.memory < board->ram)
			r = ini_bad(f.ini, f.entry, e,
				"\"%s\" is less than the board's ram", f.entry->value);
	}
	if (r == 0 && layers_get(l, "qemu", "arguments", &f))
		r = strlist_split(&board->qemu.arguments, f.entry->value);
	return r;
}

static int
build(struct board *board, struct layers *l, struct error *e)
{
	int r = field_known(&l->own, known, e);

	if (r == 0)
		r = read_name(board, &l->own, e);
	if (r == 0)
		r = layers_open(l, board->name, known, e);
	if (r == 0)
		r = read_head(board, l, e);
	if (r == 0)
		r = read_kernel(board, l, e);
	if (r == 0)
		r = read_image(board, l, e);
	if (r == 0)
		r = parts_read_modules(board, l, e);
	if (r == 0)
		r = parts_read_files(board, l, e);
	if (r == 0)
		r = board_read_users(board, l, e);
	if (r == 0)
		r = parts_read_services(board, l, e);
	if (r == 0)
		r = board_read_log(board, l, e);
	if (r == 0)
		r = board_read_mounts(board, l, e);
	if (r == 0)
		r = board_read_links(board, l, e);
	if (r == 0)
		r = board_read_firewall(board, l, e);
	if (r == 0)
		r = board_read_crash(board, l, e);
	if (r == 0)
		r = board_read_outbox(board, l, e);
	if (r == 0)
		r = board_health_read(board, l, e);
	if (r == 0)
		r = board_slots_read(board, l, known, e);
	if (r == 0)
		r = board_slots_link(board, e);
	if (r == 0)
		r = board_power_read(board, l, e);
	if (r == 0)
		r = read_qemu(board, l, e);
	return r < 0 ? r : board_slots_check(board, e);
}

int
board_read(struct board *board, const char *dir, struct error *e)
{
	struct layers layers = {0};
	char *path;
	int r;

	memset(board, 0, sizeof(*board));
	board->dir = path_absolute(dir);
	path = path_join(board->dir, "board.ini");
	board->file = path_shown(path);
	free(path);
	r = ini_read(&layers.own, board->file, e);
	if (r == 0)
		r = build(board, &layers, e);
	layers_free(&layers);
	return r;
}

int
board_parse(struct board *board, const char *dir, const char *file, const char *text,
	size_t size, struct error *e)
{
	struct layers layers = {0};
	int r;

	memset(board, 0, sizeof(*board));
	board->dir = path_absolute(dir);
	board->file = xstrdup(file);
	r = ini_read_text(&layers.own, file, text, size, e);
	if (r == 0)
		r = build(board, &layers, e);
	layers_free(&layers);
	return r;
}

void
board_free(struct board *board)
{
	parts_free(board);
	strlist_free(&board->mounts.kept);
	board_net_free(&board->net);
	board_users_free(&board->users);
	board_power_free(&board->power);
	board_slots_free(&board->slots);
	free(board->file);
	free(board->dir);
	free(board->name);
	free(board->inherits);
	free(board->summary);
	free(board->arch);
	free(board->hostname);
	free(board->kernel);
	free(board->cmdline);
	free((char *)(uintptr_t)board->log.address);
	free((char *)(uintptr_t)board->crash.store);
	board_free_outbox(board);
	board_health_free(&board->health);
	free(board->qemu.machine);
	free(board->qemu.cpu);
	strlist_free(&board->fragments);
	strlist_free(&board->recipes);
	strlist_free(&board->qemu.arguments);
	memset(board, 0, sizeof(*board));
}
