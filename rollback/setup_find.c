/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "setup.h"

#define ANSWER_MS 20000 /* that a disk may take, which may have to spin up first */
#define WAIT_MS	  10000 /* for a disk to appear */
#define MOMENT_MS 50

int
setup_device(struct ini *ini, const char *section, const char *key, char name[256],
	struct error *e)
{
	struct ini_entry *entry = ini_need(ini, section, key, e);
	uint8_t guid[GPT_GUID];

	if (!entry)
		return -EINVAL;
	if (!partuuid_is(entry->value))
		return setup_path(ini, section, key, name, e);
	if (!partuuid_parse(entry->value, guid))
		return ini_bad(ini, entry, e, PARTUUID_WANT);
	memcpy(name, entry->value, strlen(entry->value) + 1);
	return 0;
}

int
setup_find(struct setup *setup, const char *name, char path[256], struct error *e)
{
	struct partuuid_found found;
	int r;

	if (!partuuid_is(name)) {
		memcpy(path, name, strlen(name) + 1);
		return 0;
	}
	setup->disks.ms = ANSWER_MS;
	r = partuuid_find(&setup->disks, name, &found, e);
	if (r < 0)
		return r;
	memcpy(path, found.path, strlen(found.path) + 1);
	if (found.note[0] && !setup->note[0])
		snprintf(setup->note, sizeof(setup->note), "%.46s: %s", name, found.note);
	return 0;
}

static bool
is_there(struct setup *setup, const char *name)
{
	char path[256];

	return setup_find(setup, name, path, NULL) == 0 && access(path, F_OK) == 0;
}

static uint64_t
now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void
setup_wait(struct setup *setup)
{
	const struct timespec moment = {.tv_nsec = MOMENT_MS * 1000000L};
	const char *const names[] = {
		setup->state_name, setup->slot_name[0], setup->slot_name[1]};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const uint64_t end = now_ms() + WAIT_MS;

		while (!is_there(setup, names[i]) && now_ms() < end)
			nanosleep(&moment, NULL);
	}
}
