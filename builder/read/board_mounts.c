/* SPDX-License-Identifier: ISC */
#include "board_mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "lib/partuuid.h"
#include "board.h"
#include "board_layers.h"
#include "board_parts.h"
#include "board_slots.h"
#include "builder/base/field.h"
#include "builder/base/xalloc.h"

#define MOST_MS ((uint64_t)24 * 3600 * 1000)

static const struct {
	const char *word;
	unsigned flag;
} flags[] = {
	{"nofail", MOUNT_NOFAIL},
	{"ro", MOUNT_READ_ONLY},
	{"exec", MOUNT_EXEC},
	{"noatime", MOUNT_NOATIME},
	{"sync", MOUNT_SYNC},
};

static const char *
keep(struct board_mounts *mounts, const char *text)
{
	if (strlist_add(&mounts->kept, text) < 0)
		abort();
	return mounts->kept.item[mounts->kept.count - 1];
}

/* True if path is dir or lies below it. */
static bool
lies_in(const char *path, const char *dir)
{
	size_t length = strlen(dir);

	return strncmp(path, dir, length) == 0 &&
	       (path[length] == '\0' || path[length] == '/');
}

/* A time behind "wait=" and its like. */
static int
read_wait(const struct ini *ini, const struct ini_entry *entry, char *text, uint64_t *ms,
	struct error *e)
{
	struct ini_entry part = *entry;
	int r;

	part.value = text;
	r = ini_seconds(ini, &part, ms, e);
	if (r == 0 && *ms > MOST_MS)
		r = ini_bad(ini, entry, e, "want at most 24h, got \"%s\"", text);
	return r;
}

static int
read_check(struct config_mount *mount, const struct ini *ini,
	const struct ini_entry *entry, const char *text, struct error *e)
{
	static const char *const checks[] = {"no", "repair", "force"};

	for (size_t i = 0; i < MOUNT_CHECKS; i++) {
		if (strcmp(text, checks[i]) != 0)
			continue;
		if (i != CHECK_NONE && strcmp(mount->type, "ext4") != 0)
			return ini_bad(ini, entry, e,
				"want fsck=no: only ext4 can be checked, not %s",
				mount->type);
		mount->check = (uint8_t)i;
		return 0;
	}
	return ini_bad(ini, entry, e,
		"want fsck=no, fsck=repair or fsck=force, got \"%s\"", text);
}

/* One of the words behind the type. */
static int
read_word(struct board_mounts *mounts, struct config_mount *mount, const struct ini *ini,
	const struct ini_entry *entry, char *word, struct error *e)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strcmp(word, flags[i].word) != 0)
			continue;
		mount->flags |= (uint8_t)flags[i].flag;
		return 0;
	}
	if (strncmp(word, "fsck=", 5) == 0)
		return read_check(mount, ini, entry, word + 5, e);
	if (strncmp(word, "wait=", 5) == 0)
		return read_wait(ini, entry, word + 5, &mount->wait_ms, e);
	if (strncmp(word, "fsck-wait=", 10) == 0) {
		int r = read_wait(ini, entry, word + 10, &mount->check_ms, e);

		if (r == 0 && mount->check_ms == 0)
			r = ini_bad(ini, entry, e, "want more than %s", word);
		return r;
	}
	if (strncmp(word, "options=", 8) == 0 && word[8]) {
		mount->options = keep(mounts, word + 8);
		return 0;
	}
	return ini_bad(ini, entry, e,
		"want nofail, ro, exec, noatime, sync, fsck=, fsck-wait=, wait= or options= behind the type, got \"%.80s\"",
		word);
}

/* A path, a GUID, or the name of the slots' disk's, which is not known yet. */
static bool
is_device(const char *device)
{
	uint8_t guid[GPT_GUID];

	if (partuuid_is(device))
		return partuuid_parse(device, guid);
	if (strcmp(device, board_slots_name(SLOTS_DATA)) == 0)
		return true;
	return !path_fault(device) && lies_in(device, "/dev") && strlen(device) >= 6;
}

/* "DEVICE TYPE [WORD ...]" */
static int
read_mount(struct board_mounts *mounts, struct config_mount *mount, const struct ini *ini,
	const struct ini_entry *entry, struct error *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	struct strlist words = {0};
	const char *device, *type;
	int r = field_words(ini, entry, false, &words, e);

	if (r < 0)
		goto out;
	device = words.item[0];
	type = words.count > 1 ? words.item[1] : "";
	if (!is_device(device) || !*type || type[strspn(type, letters)] != '\0') {
		r = ini_bad(ini, entry, e,
			"want a device and a type, such as \"/dev/vda ext4 nofail\", got \"%.80s\"",
			entry->value);
		goto out;
	}
	*mount = (struct config_mount){
		.path = keep(mounts, entry->key),
		.device = keep(mounts, device),
		.type = keep(mounts, type),
		.options = "",
		.check = strcmp(type, "ext4") == 0 ? CHECK_REPAIR : CHECK_NONE,
		.wait_ms = 10 * 1000,
		.check_ms = 120 * 1000,
	};
	for (size_t i = 2; r == 0 && i < words.count; i++)
		r = read_word(mounts, mount, ini, entry, words.item[i], e);
out:
	strlist_free(&words);
	return r;
}

/* A line takes the place of the inherited one for the same folder. */
static int
add_mount(struct board_mounts *mounts, const struct ini *ini,
	const struct ini_entry *entry, struct error *e)
{
	size_t at = 0;
	char *origin;
	int r = field_image_path(ini, entry, e);

	while (at < mounts->count && strcmp(mounts->mount[at].path, entry->key) != 0)
		at++;
	for (size_t i = 0; r == 0 && i < mounts->count; i++)
		if (i != at && (lies_in(entry->key, mounts->mount[i].path) ||
				       lies_in(mounts->mount[i].path, entry->key)))
			r = ini_bad(ini, entry, e, "lies in, or around, the mount %s",
				mounts->mount[i].path);
	if (r == 0 && at == CONFIG_MOUNTS)
		r = ini_bad(ini, entry, e, "want at most %d mounts", CONFIG_MOUNTS);
	if (r == 0)
		r = read_mount(mounts, &mounts->mount[at], ini, entry, e);
	if (r < 0)
		return r;
	origin = xasprintf("%s:%u", ini->file, entry->line);
	mounts->origin[at] = keep(mounts, origin);
	free(origin);
	if (at == mounts->count)
		mounts->count++;
	return 0;
}

/* The index of the mount that the path is on, or the number of mounts. */
static size_t
find_mount(const struct board_mounts *mounts, const char *path)
{
	size_t i = 0;

	while (i < mounts->count && !lies_in(path, mounts->mount[i].path))
		i++;
	return i;
}

static int
read_seed(struct board_mounts *mounts, struct layers *l, struct error *e)
{
	struct found f;
	bool credit = false;
	size_t at;
	int r = 0;

	mounts->seed.path = "";
	if (!layers_get(l, "entropy", "seed", &f)) {
		if (layers_get(l, "entropy", "credit", &f))
			return ini_bad(
				f.ini, f.entry, e, "want [entropy] seed beside it");
		return 0;
	}
	if (path_fault(f.entry->value))
		return ini_bad(f.ini, f.entry, e, "%s, got \"%.80s\"",
			path_fault(f.entry->value), f.entry->value);
	at = find_mount(mounts, f.entry->value);
	if (at == mounts->count || strcmp(f.entry->value, mounts->mount[at].path) == 0 ||
		mounts->mount[at].flags & MOUNT_READ_ONLY)
		return ini_bad(f.ini, f.entry, e,
			"want a file on one of [mounts] that is not ro, got \"%s\"",
			f.entry->value);
	mounts->seed.path = keep(mounts, f.entry->value);
	mounts->seed.mount = (uint8_t)at;
	if (layers_get(l, "entropy", "credit", &f))
		r = ini_bool(f.ini, f.entry, &credit, e);
	mounts->seed.credit = credit;
	return r;
}

/* What it names in RequiresMountsFor=, and what it binds. */
static int
link_service(const struct board_mounts *mounts, struct service *service, struct error *e)
{
	const struct config_isolation *isolation = &service->isolation;

	for (size_t i = 0; i < service->mounts_for.names.count; i++) {
		const char *path = service->mounts_for.names.item[i];
		size_t at = find_mount(mounts, path);

		if (at == mounts->count)
			return error_set(e, EINVAL,
				"%s:%u: RequiresMountsFor: the board's [mounts] has no line for %s",
				service->file, service->mounts_for.line, path);
		service->mounts |= (uint32_t)1 << at;
	}
	for (size_t i = 0; i < isolation->bind_count; i++) {
		size_t at = find_mount(mounts, isolation->binds[i].from);

		if (at == mounts->count)
			continue;
		if (isolation->binds[i].flags & BIND_OPTIONAL)
			service->mounts_wanted |= (uint32_t)1 << at;
		else
			service->mounts |= (uint32_t)1 << at;
	}
	return 0;
}

int
board_read_mounts(struct board *board, struct layers *l, struct error *e)
{
	const struct ini *const layers[] = {&l->base, &l->own};
	struct board_mounts *mounts = &board->mounts;
	int r = 0;

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; r == 0 && i < layers[k]->count; i++)
			if (strcmp(layers[k]->entry[i].section, "mounts") == 0)
				r = add_mount(mounts, layers[k], &layers[k]->entry[i], e);
	if (r == 0)
		r = read_seed(mounts, l, e);
	for (size_t i = 0; r == 0 && i < board->service_count; i++)
		r = link_service(mounts, &board->services[i], e);
	return r;
}
