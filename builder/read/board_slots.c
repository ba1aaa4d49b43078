/* SPDX-License-Identifier: ISC */
#include "board_slots.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "lib/io.h"
#include "lib/minisign.h"
#include "lib/partuuid.h"
#include "board.h"
#include "board_layers.h"
#include "builder/base/field.h"
#include "builder/base/path.h"
#include "builder/base/tree.h"
#include "builder/base/xalloc.h"

#define MIB	  ((uint64_t)1 << 20)
#define LEAST	  (1 * MIB) /* of a slot: partitions begin at whole MiB */
#define LEAST_EFI (34 * MIB) /* with the smallest FAT32 and 128 KiB */
#define KEY_MAX	  4096 /* bytes of a public key's file */
#define RECIPE	  "rollback" /* what reads the settings on the device */
#define BY_GUID	  "PARTUUID" /* in place of a disk: whichever has the partitions */

static const char *const parts[SLOTS_PARTS] = {"a", "b", "state"};

/* "/dev/vda" and 1 are "/dev/vda1", "/dev/nvme0n1" and 1 are "/dev/nvme0n1p1". */
static char *
partition(const char *disk, unsigned number)
{
	bool digit = isdigit((unsigned char)disk[strlen(disk) - 1]);

	return xasprintf("%s%s%u", disk, digit ? "p" : "", number);
}

static int
read_device(const struct found *f, char **path, struct error *e)
{
	const char *v = f->entry->value, *fault = path_fault(v);
	uint8_t guid[GPT_GUID];

	if (partuuid_is(v)) {
		if (!partuuid_parse(v, guid))
			return ini_bad(
				f->ini, f->entry, e, PARTUUID_WANT ", got \"%.80s\"", v);
		free(*path);
		*path = xstrdup(v);
		return 0;
	}
	if (fault)
		return ini_bad(f->ini, f->entry, e, "%s, got \"%.80s\"", fault, v);
	if (strncmp(v, "/dev/", 5) != 0 || strlen(v) > 200)
		return ini_bad(f->ini, f->entry, e,
			"want a device such as /dev/vda, got \"%.80s\"", v);
	free(*path);
	*path = xstrdup(v);
	return 0;
}

/* A GUID is a partition's: those of the disk's are numbered, or known. */
static int
read_disk(const struct found *f, char **disk, struct error *e)
{
	if (partuuid_is(f->entry->value))
		return ini_bad(f->ini, f->entry, e,
			"want " BY_GUID " or a device such as /dev/vda, got \"%.80s\"",
			f->entry->value);
	return read_device(f, disk, e);
}

static bool
has_part(const struct board_slots *slots, unsigned part)
{
	if (part == SLOTS_SYSTEM || part == SLOTS_SYSTEM_B)
		return slots->method == SLOTS_EFI && slots->launcher;
	return part != SLOTS_DATA || slots->data > 0;
}

static int
read_devices(struct board_slots *slots, struct layers *l, struct error *e)
{
	char *disk = NULL;
	unsigned number = 0;
	struct found f;
	int r = 0;

	if (layers_get(l, "slots", "disk", &f) && strcmp(f.entry->value, BY_GUID) != 0)
		r = read_disk(&f, &disk, e);
	for (unsigned i = 0; r == 0 && i < SLOTS_PARTS; i++) {
		if (!has_part(slots, i))
			continue;
		number++;
		slots->part[i] =
			disk ? partition(disk, number) : board_slots_device(slots, i);
		if (parts[i] && layers_get(l, "slots", parts[i], &f))
			r = read_device(&f, &slots->part[i], e);
	}
	free(disk);
	return r;
}

/* Partitions begin and end at whole MiB, where every medium's erase blocks do. */
static int
read_size(struct layers *l, const char *key, uint64_t *bytes, struct error *e)
{
	struct found f;
	int r;

	if (!layers_get(l, "slots", key, &f))
		return 0;
	r = field_size(f.ini, f.entry, bytes, e);
	if (r == 0 && (*bytes < LEAST || *bytes % MIB != 0))
		r = ini_bad(f.ini, f.entry, e, "want whole MiB such as 64M, got \"%s\"",
			f.entry->value);
	return r;
}

static int
add_key(struct board_slots *slots, const struct found *f, const char *dir,
	const char *name, struct error *e)
{
	char *slashed = xasprintf("/%s", name), *file = path_join(dir, name), *text;
	struct minisign_public public;
	struct error why;
	size_t size;
	int r = 0;

	if (path_fault(slashed))
		r = ini_bad(f->ini, f->entry, e,
			"want files in the board's folder, got \"%.80s\"", name);
	else if (io_read_file(AT_FDCWD, file, KEY_MAX, &text, &size, &why) < 0)
		r = ini_bad(f->ini, f->entry, e,
			"%s: `ingot keygen` makes a pair of keys, of which the .pub belongs there",
			why.text);
	if (r == 0) {
		if (minisign_public_read(name, text, size, &public, &why) < 0) {
			r = ini_bad(f->ini, f->entry, e, "%s", why.text);
		} else {
			char line[MINISIGN_PUBLIC], *key;

			minisign_public_write(&public, line);
			key = strchr(line, '\n') + 1;
			key[strcspn(key, "\n")] = '\0';
			if (strlist_has(&slots->keys, key))
				r = ini_bad(f->ini, f->entry, e,
					"%.80s: this key stands there twice", name);
			else
				r = strlist_add(&slots->keys, key);
		}
		free(text);
	}
	free(file);
	free(slashed);
	return r;
}

static int
read_keys(struct board_slots *slots, struct layers *l, const char *dir, struct error *e)
{
	struct strlist names = {0};
	uint64_t count = 1;
	struct found f;
	int r = layers_need(l, "slots", "keys", &f, e);

	if (r == 0)
		r = field_words(f.ini, f.entry, false, &names, e);
	if (r == 0 && names.count > MINISIGN_KEYS)
		r = ini_bad(f.ini, f.entry, e, "want at most %d keys", MINISIGN_KEYS);
	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = add_key(slots, &f, f.ini == &l->own ? dir : l->base_dir,
			names.item[i], e);
	strlist_free(&names);
	if (r == 0 && layers_get(l, "slots", "threshold", &f)) {
		r = ini_count(f.ini, f.entry, MINISIGN_KEYS, &count, e);
		if (r == 0 && (count < 1 || count > slots->keys.count))
			r = ini_bad(f.ini, f.entry, e,
				"want 1 to %zu, as many as there are keys",
				slots->keys.count);
	}
	slots->threshold = (unsigned)count;
	return r;
}

static int
read_trial(struct board_slots *slots, struct layers *l, struct error *e)
{
	struct strlist words = {0};
	struct found f;
	int r = 0;

	if (layers_get(l, "slots", "firmware-watchdog", &f))
		r = ini_bool(f.ini, f.entry, &slots->guarded, e);
	slots->ways = SLOTS_KEXEC | SLOTS_REBOOT;
	if (r < 0 || !layers_get(l, "slots", "trial", &f))
		return r;
	r = field_words(f.ini, f.entry, false, &words, e);
	slots->ways = 0;
	for (size_t i = 0; r == 0 && i < words.count; i++)
		if (strcmp(words.item[i], "kexec") == 0)
			slots->ways |= SLOTS_KEXEC;
		else if (strcmp(words.item[i], "reboot") == 0)
			slots->ways |= SLOTS_REBOOT;
		else
			r = ini_bad(f.ini, f.entry, e,
				"want kexec, reboot or both, got \"%.80s\"",
				words.item[i]);
	if (r == 0 && slots->ways == SLOTS_REBOOT && !slots->guarded)
		r = ini_bad(f.ini, f.entry, e,
			"reboot alone wants \"firmware-watchdog = yes\": an image that hangs early would never come back");
	strlist_free(&words);
	return r;
}

static int
read_method(struct board_slots *slots, struct layers *l, struct error *e)
{
	static const char *const methods[] = {"launcher", "efi", NULL};
	unsigned method = 0;
	struct found f;
	int r = layers_need(l, "slots", "method", &f, e);

	if (r == 0)
		r = field_choice(f.ini, f.entry, methods, &method, e);
	slots->method = method == 0 ? SLOTS_LAUNCHER : SLOTS_EFI;
	if (r < 0 || !layers_get(l, "slots", "launcher", &f))
		return r;
	r = field_name(f.ini, f.entry, NAME_OTHER, &slots->launcher, e);
	if (r == 0) {
		char *dir = NULL;

		r = tree_find_board(slots->launcher, &dir, e);
		if (r < 0)
			r = field_blame(f.ini, f.entry, r, e);
		free(dir);
	}
	return r;
}

/* What one board.ini, with what it inherits, says of slots of its own. */
static int
read_own(struct board_slots *slots, struct layers *l, const char *dir, struct error *e)
{
	struct found f;
	int r = read_method(slots, l, e);

	slots->size = 64 * MIB;
	if (r == 0)
		r = read_size(l, "size", &slots->size, e);
	if (r == 0 && slots->method == SLOTS_EFI && slots->size < LEAST_EFI &&
		layers_get(l, "slots", "size", &f))
		r = ini_bad(f.ini, f.entry, e,
			"want 34M or more for the file system that the firmware reads");
	if (r == 0)
		r = read_size(l, "data", &slots->data, e);
	if (r == 0)
		r = read_devices(slots, l, e);
	if (r == 0)
		r = read_keys(slots, l, dir, e);
	return r < 0 ? r : read_trial(slots, l, e);
}

/* A launcher looks into another board's slots, as that one's board.ini has them. */
static int
read_launched(struct board_slots *slots, const struct found *f, const struct field *known,
	struct error *e)
{
	struct layers other = {0};
	char *dir = NULL, *file = NULL, *shown = NULL;
	struct found second;
	int r = field_name(f->ini, f->entry, NAME_OTHER, &slots->board, e);

	if (r == 0) {
		r = tree_find_board(slots->board, &dir, e);
		if (r < 0)
			r = field_blame(f->ini, f->entry, r, e);
	}
	if (r == 0) {
		file = path_join(dir, "board.ini");
		shown = path_shown(file);
		r = ini_read(&other.own, shown, e);
	}
	if (r == 0)
		r = layers_open(&other, slots->board, known, e);
	if (r == 0 && layers_get(&other, "slots", "board", &second))
		r = ini_bad(f->ini, f->entry, e, "\"%s\" is a launcher itself (%s:%u)",
			slots->board, second.ini->file, second.entry->line);
	if (r == 0)
		r = read_own(slots, &other, dir, e);
	slots->launches = true;
	layers_free(&other);
	free(dir);
	free(file);
	free(shown);
	return r;
}

static bool
has_section(const struct ini *ini)
{
	for (size_t i = 0; i < ini->section_count; i++)
		if (strcmp(ini->section[i].name, "slots") == 0)
			return true;
	return false;
}

int
board_slots_read(
	struct board *board, struct layers *l, const struct field *known, struct error *e)
{
	static const char *const alone[] = {"method", "disk", "a", "b", "state", "size",
		"data", "keys", "threshold", "trial", "firmware-watchdog", "launcher"};
	struct board_slots *slots = &board->slots;
	struct found f, other;
	int r;

	if (!has_section(&l->own) && !has_section(&l->base))
		return 0;
	if (!strlist_has(&board->recipes, RECIPE)) {
		layers_need(l, "image", "recipes", &f, e);
		return ini_bad(f.ini, f.entry, e,
			"want \"" RECIPE "\" among them, which [slots] is for");
	}
	if (layers_get(l, "slots", "board", &f)) {
		for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
			if (layers_get(l, "slots", alone[i], &other))
				return ini_bad(other.ini, other.entry, e,
					"the board that \"board\" names says this");
		return read_launched(slots, &f, known, e);
	}
	slots->board = xstrdup(board->name);
	r = read_own(slots, l, board->dir, e);
	return r;
}

char *
board_slots_text(const struct board_slots *slots)
{
	char *text, *longer;

	if (slots->method == SLOTS_NONE)
		return NULL;
	text = xasprintf(
		"# Of the board's [slots].\n[device]\nboard = %s\n[slots]\na = %s\nb = %s\n[state]\ndevice = %s\n"
		"[boot]\nmethod = %s\ntrial =%s%s\nfirmware-watchdog = %s\n[keys]\nthreshold = %u\ntrusted =",
		slots->board, slots->part[SLOTS_A], slots->part[SLOTS_B],
		slots->part[SLOTS_STATE],
		slots->method == SLOTS_LAUNCHER ? "launcher" : "efi",
		slots->ways & SLOTS_KEXEC ? " kexec" : "",
		slots->ways & SLOTS_REBOOT ? " reboot" : "",
		slots->guarded ? "yes" : "no", slots->threshold);
	for (size_t i = 0; i < slots->keys.count; i++) {
		longer = xasprintf("%s\n\t%s", text, slots->keys.item[i]);
		free(text);
		text = longer;
	}
	if (slots->part[SLOTS_SYSTEM])
		longer = xasprintf("%s\n[launcher]\nboard = %s\na = %s\nb = %s\n", text,
			slots->launcher, slots->part[SLOTS_SYSTEM],
			slots->part[SLOTS_SYSTEM_B]);
	else
		longer = xasprintf("%s\n", text);
	free(text);
	return longer;
}

void
board_slots_free(struct board_slots *slots)
{
	for (size_t i = 0; i < SLOTS_PARTS; i++)
		free(slots->part[i]);
	free(slots->board);
	free(slots->launcher);
	strlist_free(&slots->keys);
}
