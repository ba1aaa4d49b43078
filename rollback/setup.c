/* SPDX-License-Identifier: ISC */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "efi_disk.h"
#include "lib/config.h"
#include "lib/error.h"
#include "lib/ini.h"
#include "lib/io.h"

#define UNIT   (128u << 10) /* bytes; erase blocks of most flash are no larger */
#define COPIES 2
#define SVC    "/bin/svc"

int
setup_path(struct ini *ini, const char *section, const char *key, char path[256],
	struct error *e)
{
	struct ini_entry *entry = ini_need(ini, section, key, e);

	if (!entry)
		return -EINVAL;
	if (entry->value[0] != '/' || strlen(entry->value) >= 256)
		return ini_bad(ini, entry, e, "want an absolute path");
	memcpy(path, entry->value, strlen(entry->value) + 1);
	return 0;
}

static int
get_board(struct ini *ini, struct setup *setup, struct error *e)
{
	struct ini_entry *entry = ini_need(ini, "device", "board", e);
	char *board = setup->device.trust.board;

	if (!entry)
		return -EINVAL;
	if (!config_is_name(entry->value))
		return ini_bad(ini, entry, e, "want a board's name");
	memcpy(board, entry->value, strlen(entry->value) + 1);
	memcpy(setup->content_path, CONTENT_ID_PATH, sizeof(CONTENT_ID_PATH));
	if (!ini_get(ini, "device", "content-id"))
		return 0;
	return setup_path(ini, "device", "content-id", setup->content_path, e);
}

static int
get_state(struct ini *ini, struct setup *setup, struct error *e)
{
	struct ini_entry *unit = ini_get(ini, "state", "unit");
	struct ini_entry *copies = ini_get(ini, "state", "copies");
	uint64_t count = COPIES;
	int r = setup_device(ini, "state", "device", setup->state_name, e);

	setup->unit = UNIT;
	if (r == 0 && unit)
		r = ini_size(ini, unit, &setup->unit, e);
	if (r == 0 && copies)
		r = ini_count(ini, copies, RECORD_COPIES, &count, e);
	setup->copies = (unsigned)count;
	if (r == 0 && unit &&
		(setup->unit < BLOCK_ALIGN || setup->unit % BLOCK_ALIGN != 0))
		r = ini_bad(ini, unit, e, "want a multiple of 4K");
	if (r == 0 && copies && count < 2)
		r = ini_bad(ini, copies, e, "want 2 to %d", RECORD_COPIES);
	return r;
}

/* How the device starts, and how it tries an image. */
static int
get_boot(struct ini *ini, struct setup *setup, struct error *e)
{
	struct ini_entry *method = ini_get(ini, "boot", "method");
	struct ini_entry *trial = ini_get(ini, "boot", "trial");
	struct ini_entry *guarded = ini_get(ini, "boot", "firmware-watchdog");
	char *save = NULL;
	int r = 0;

	if (method && strcmp(method->value, "launcher") != 0 &&
		strcmp(method->value, "efi") != 0)
		return ini_bad(ini, method, e, "want launcher or efi");
	setup->launcher = method && strcmp(method->value, "launcher") == 0;
	setup->firmware = method && !setup->launcher;
	setup->device.files = setup->firmware;
	if (guarded)
		r = ini_bool(ini, guarded, &setup->guarded, e);
	setup->ways = trial ? 0 : TRIAL_KEXEC;
	for (char *word = trial ? strtok_r(trial->value, " \t\n", &save) : NULL;
		word && r == 0; word = strtok_r(NULL, " \t\n", &save))
		if (strcmp(word, "kexec") == 0)
			setup->ways |= TRIAL_KEXEC;
		else if (strcmp(word, "reboot") == 0 && method)
			setup->ways |= TRIAL_COLD;
		else
			r = ini_bad(ini, trial, e,
				"want kexec, and with a boot method also reboot");
	if (r == 0 && setup->ways == 0)
		r = ini_bad(ini, trial, e, "want kexec, reboot or both");
	return r;
}

/* Who is believed before a root on the device's media says otherwise. */
static void
set_trust(struct trust *trust, const struct root *root)
{
	const struct role *role = &root->role[ROOT_RELEASE];

	memcpy(trust->key, role->key, sizeof(trust->key));
	trust->keys = role->keys;
	trust->threshold = role->threshold;
}

/* Who asks pid1 for a jump. */
static int
get_svc(struct ini *ini, struct setup *setup, struct error *e)
{
	memcpy(setup->svc_path, SVC, sizeof(SVC));
	if (!ini_get(ini, "boot", "svc"))
		return 0;
	return setup_path(ini, "boot", "svc", setup->svc_path, e);
}

/* Every key has a default: an image of Ingot needs none of them. */
static int
get_evidence(struct ini *ini, struct evidence_paths *paths, struct error *e)
{
	const struct {
		const char *key;
		char *path;
	} keys[] = {{"last-boot", paths->last_boot}, {"watchdog", paths->watchdog},
		{"pstore", paths->pstore}};
	int r = 0;

	evidence_defaults(paths);
	for (size_t i = 0; r == 0 && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (ini_get(ini, "evidence", keys[i].key))
			r = setup_path(ini, "evidence", keys[i].key, keys[i].path, e);
	return r;
}

int
setup_read(struct setup *setup, const char *path, struct error *e)
{
	static const char *const sections[] = {
		"boot", "device", "slots", "state", "keys", "evidence", "launcher", NULL};
	struct ini ini;
	int r;

	memset(setup, 0, sizeof(*setup));
	r = ini_read(&ini, path, e);
	if (r == 0)
		r = get_board(&ini, setup, e);
	if (r == 0)
		r = setup_device(&ini, "slots", "a", setup->slot_name[0], e);
	if (r == 0)
		r = setup_device(&ini, "slots", "b", setup->slot_name[1], e);
	if (r == 0)
		r = get_state(&ini, setup, e);
	if (r == 0)
		r = get_boot(&ini, setup, e);
	if (r == 0)
		r = get_svc(&ini, setup, e);
	if (r == 0)
		r = setup_keys(&ini, setup->device.trust.board, &setup->root, e);
	if (r == 0)
		r = get_evidence(&ini, &setup->evidence, e);
	if (r == 0)
		r = setup_launcher(&ini, &setup->launcher_copies, e);
	if (r == 0)
		r = ini_finish(&ini, sections, e);
	ini_free(&ini);
	set_trust(&setup->device.trust, &setup->root);
	return r;
}

/* What runs carries its content id as a line; without one it is in neither slot. */
static int
read_content(struct setup *setup, struct error *e)
{
	struct device *device = &setup->device;
	char *text;
	size_t size;
	int r = io_read_file(
		AT_FDCWD, setup->content_path, 2 * SLOT_HASH + 1, &text, &size, e);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	text[strcspn(text, "\n")] = '\0';
	if (sha256_check_hex(text) < 0)
		r = error_set(e, EINVAL, "%s: want 64 hex digits", setup->content_path);
	else
		sodium_hex2bin(device->content, SLOT_HASH, text, 2 * SLOT_HASH, NULL,
			NULL, NULL);
	device->has_content = r == 0;
	free(text);
	return r;
}

/* Whose signatures count: where the roots cannot be read, those of the image's. */
static int
read_roots(struct setup *setup, struct error *e)
{
	int r = roots_open(&setup->roots, &setup->state.block,
		setup->copies * setup->unit, setup->unit, &setup->root, e);

	setup->device.trust = setup->roots.trust[setup->roots.count - 1];
	return r;
}

int
setup_open(struct setup *setup, bool writable, struct error *e)
{
	struct device *device = &setup->device;
	int r;

	setup->disks = (struct partuuid){.ms = 0};
	r = setup_find(setup, setup->state_name, setup->state_path, e);
	for (size_t i = 0; r == 0 && i < SLOT_COUNT; i++)
		r = setup_find(setup, setup->slot_name[i], setup->slot_path[i], e);
	if (r == 0)
		r = block_file_open(&setup->state, setup->state_path, writable, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < SLOT_COUNT; i++) {
		r = block_file_open(&setup->slot[i], setup->slot_path[i], writable, e);
		if (r < 0) {
			while (i-- > 0)
				block_file_close(&setup->slot[i]);
			block_file_close(&setup->state);
			return r;
		}
		device->slot[i] = &setup->slot[i].block;
	}
	setup->open = true;
	r = read_content(setup, e);
	if (r == 0)
		r = device_open(
			device, &setup->state.block, setup->unit, setup->copies, e);
	return r < 0 ? r : read_roots(setup, e);
}

/* To write, or only to read; else it is a device of no bytes. */
static void
open_in_need(struct setup *setup, struct block_file *file, const char *name,
	char path[256], void (*say)(const char *line))
{
	struct error why, e;
	int r = setup_find(setup, name, path, &why);

	if (r == 0 && block_file_open(file, path, true, &why) == 0)
		return;
	say(why.text);
	if (r < 0) /* no path either, but a name for messages */
		memcpy(path, name, strlen(name) + 1);
	block_file_open(file, path, false, &e);
}

void
setup_open_launch(struct setup *setup, void (*say)(const char *line))
{
	struct device *device = &setup->device;
	struct error e;

	open_in_need(setup, &setup->state, setup->state_name, setup->state_path, say);
	for (size_t i = 0; i < SLOT_COUNT; i++) {
		open_in_need(setup, &setup->slot[i], setup->slot_name[i],
			setup->slot_path[i], say);
		device->slot[i] = &setup->slot[i].block;
	}
	setup->open = true;
	if (setup->note[0])
		say(setup->note);
	if (read_content(setup, &e) < 0)
		say(e.text);
	if (device_open(device, &setup->state.block, setup->unit, setup->copies, &e) <
		0) {
		say(e.text);
		device->lost = true;
	}
	if (read_roots(setup, &e) < 0)
		say(e.text);
}

int
setup_open_boot(struct setup *setup, struct error *e)
{
	int r = 0;

	if (!setup->firmware)
		return 0;
	for (size_t i = 0; r == 0 && i < SLOT_COUNT; i++)
		r = efi_disk_partition(setup->slot_path[i], &setup->efi.partition[i], e);
	if (r == 0)
		r = efi_vars_open(&setup->vars, e);
	if (r < 0)
		return -EIO; /* nothing was refused */
	setup->boot_open = true;
	efi_init(&setup->efi, &setup->vars.vars);
	setup->device.boot = &setup->efi.boot;
	/* A panic that is there already says nothing about an attempt that comes. */
	setup->device.panics = evidence_panics(setup->evidence.pstore, NULL);
	return 0;
}

void
setup_close(struct setup *setup)
{
	setup_close_launcher(setup);
	if (setup->boot_open)
		efi_vars_close(&setup->vars);
	setup->boot_open = false;
	setup->device.boot = NULL;
	if (!setup->open)
		return;
	for (size_t i = 0; i < SLOT_COUNT; i++)
		block_file_close(&setup->slot[i]);
	block_file_close(&setup->state);
	setup->open = false;
}
