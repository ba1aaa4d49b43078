/* SPDX-License-Identifier: ISC */
#include "board_power.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config.h"
#include "lib/error.h"
#include "lib/ini.h"
#include "lib/partuuid.h"
#include "board.h"
#include "board_layers.h"
#include "builder/base/command.h"
#include "builder/base/field.h"
#include "builder/base/xalloc.h"

#define STAY_ARMED   "watchdog.stop_on_reboot=0"
#define MOST_SECONDS 65535 /* what the widest counters of hardware hold */
#define MOST_MS	     ((uint64_t)3600 * 1000)
#define LOAD_MS	     ((uint64_t)60 * 1000)
#define LAUNCH_MS    ((uint64_t)600 * 1000) /* a rescue stays that long at most */

static int
read_path(const struct found *f, char **path, struct error *e)
{
	const char *fault = path_fault(f->entry->value);

	if (fault)
		return ini_bad(
			f->ini, f->entry, e, "%s, got \"%.80s\"", fault, f->entry->value);
	*path = xstrdup(f->entry->value);
	return 0;
}

/* Whole seconds: the kernel's interface has no parts of them. */
static int
read_seconds(const struct found *f, uint32_t *seconds, struct error *e)
{
	uint64_t ms;
	int r = ini_seconds(f->ini, f->entry, &ms, e);

	if (r < 0)
		return r;
	if (ms % 1000 != 0 || ms < 1000 || ms / 1000 > MOST_SECONDS)
		return ini_bad(f->ini, f->entry, e,
			"want whole seconds from 1 to %d, got \"%s\"", MOST_SECONDS,
			f->entry->value);
	*seconds = (uint32_t)(ms / 1000);
	return 0;
}

/* A key that says nothing without another one of its section. */
static int
refuse_alone(struct layers *l, const char *section, const char *const *keys,
	const char *needed, struct error *e)
{
	struct found f;

	for (size_t i = 0; keys[i]; i++)
		if (layers_get(l, section, keys[i], &f))
			return ini_bad(f.ini, f.entry, e, "want [%s] %s beside it",
				section, needed);
	return 0;
}

static int
read_timeouts(struct board_power *power, struct layers *l, struct error *e)
{
	struct found f;
	int r = 0;

	power->timeout = 60;
	if (layers_get(l, "watchdog", "timeout", &f))
		r = read_seconds(&f, &power->timeout, e);
	power->boot_timeout = power->timeout;
	if (r == 0 && layers_get(l, "watchdog", "boot-timeout", &f)) {
		r = read_seconds(&f, &power->boot_timeout, e);
		if (r == 0 && power->boot_timeout < power->timeout)
			r = ini_bad(f.ini, f.entry, e,
				"\"%s\" is less than the timeout in operation, %u s",
				f.entry->value, (unsigned)power->timeout);
	}
	return r;
}

static int
read_watchdog(struct board *board, struct layers *l, struct error *e)
{
	static const char *const others[] = {"timeout", "boot-timeout", "required", NULL};
	struct board_power *power = &board->power;
	struct found f;
	int r;

	if (!layers_get(l, "watchdog", "device", &f))
		return refuse_alone(l, "watchdog", others, "device", e);
	r = read_path(&f, &power->device, e);
	/* Else the kernel stops it before a restart, and nothing guards the way to the
	 * next pid1. */
	if (r == 0 && board->cmdline && !field_has_word(board->cmdline, STAY_ARMED))
		r = ini_bad(f.ini, f.entry, e,
			"want \"" STAY_ARMED
			"\" in [kernel] cmdline, so that the watchdog stays armed through a restart");
	if (r == 0)
		r = read_timeouts(power, l, e);
	if (r == 0 && layers_get(l, "watchdog", "required", &f)) {
		r = ini_bool(f.ini, f.entry, &power->required, e);
		if (r == 0 && power->required && !power->store && !power->pstore)
			r = ini_bad(f.ini, f.entry, e,
				"want a [reason] store or pstore too: without it the restarts for want of a watchdog cannot be counted");
	}
	return r;
}

/* A file, or a device by its path or its GUID. */
static int
read_store(const struct found *f, char **store, struct error *e)
{
	uint8_t guid[GPT_GUID];

	if (!partuuid_is(f->entry->value))
		return read_path(f, store, e);
	if (!partuuid_parse(f->entry->value, guid))
		return ini_bad(f->ini, f->entry, e, PARTUUID_WANT ", got \"%.80s\"",
			f->entry->value);
	*store = xstrdup(f->entry->value);
	return 0;
}

static int
read_reason(struct board_power *power, const struct board_slots *slots, struct layers *l,
	struct error *e)
{
	struct found f;
	int r = 0;

	if (layers_get(l, "reason", "store", &f))
		r = read_store(&f, &power->store, e);
	else if (slots->part[SLOTS_REASON])
		power->store = xstrdup(slots->part[SLOTS_REASON]);
	if (r == 0 && layers_get(l, "reason", "pstore", &f))
		r = ini_bool(f.ini, f.entry, &power->pstore, e);
	return r;
}

/* What goes with slots, where the board does not say something else. */
static int
use_slots(struct board_power *power, const struct board_slots *slots)
{
	power->loader_ms = slots->launches ? LAUNCH_MS : LOAD_MS;
	power->at_boot = slots->launches;
	if (slots->method == SLOTS_NONE)
		return 0;
	return strlist_split(&power->loader,
		slots->launches ? "/sbin/rollback launch" : "/sbin/rollback load");
}

static int
read_loader(struct board_power *power, struct found *f, struct error *e)
{
	char why[256];

	strlist_free(&power->loader);
	if (command_split(f->entry->value, &power->loader, why, sizeof(why)) < 0)
		return ini_bad(f->ini, f->entry, e, "%s", why);
	if (path_fault(power->loader.item[0]))
		return ini_bad(f->ini, f->entry, e, "%s, got \"%.80s\"",
			path_fault(power->loader.item[0]), power->loader.item[0]);
	if (power->loader.count > CONFIG_LOADER_WORDS)
		return ini_bad(f->ini, f->entry, e, "want at most %d words, got %zu",
			CONFIG_LOADER_WORDS, power->loader.count);
	return 0;
}

static int
read_kexec(struct board *board, struct layers *l, struct error *e)
{
	static const char *const others[] = {"timeout", NULL};
	struct board_power *power = &board->power;
	struct found f;
	int r = use_slots(power, &board->slots);

	if (r == 0 && layers_get(l, "kexec", "loader", &f))
		r = read_loader(power, &f, e);
	else if (r == 0 && board->slots.method == SLOTS_NONE)
		return refuse_alone(l, "kexec", others, "loader", e);
	if (r == 0 && layers_get(l, "kexec", "timeout", &f)) {
		r = ini_seconds(f.ini, f.entry, &power->loader_ms, e);
		if (r == 0 && (power->loader_ms == 0 || power->loader_ms > MOST_MS))
			r = ini_bad(f.ini, f.entry, e, "want at most 1h, got \"%s\"",
				f.entry->value);
	}
	return r;
}

int
board_power_read(struct board *board, struct layers *layers, struct error *e)
{
	int r = read_reason(&board->power, &board->slots, layers, e);

	if (r == 0)
		r = read_watchdog(board, layers, e);
	return r < 0 ? r : read_kexec(board, layers, e);
}

void
board_power_compile(const struct board_power *power, struct config *config)
{
	config->watchdog = (struct config_watchdog){
		.device = power->device ? power->device : "",
		.timeout = power->timeout,
		.boot_timeout = power->boot_timeout,
		.required = power->required,
	};
	config->reason = (struct config_reason){
		.store = power->store ? power->store : "",
		.pstore = power->pstore,
	};
	config->kexec.timeout_ms = power->loader.count ? power->loader_ms : 0;
	config->kexec.at_boot = power->at_boot;
	for (size_t i = 0; i < power->loader.count && i < CONFIG_LOADER_WORDS; i++)
		config->kexec.loader[i] = power->loader.item[i];
}

void
board_power_free(struct board_power *power)
{
	free(power->device);
	free(power->store);
	strlist_free(&power->loader);
}
