/* SPDX-License-Identifier: ISC */
#include "service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/error.h"
#include "../lib/ini.h"
#include "command.h"
#include "field.h"
#include "path.h"
#include "xalloc.h"

#define SUFFIX ".service"

static const struct field known[] = {
	{"Unit", "Description"},
	{"Unit", "After"},
	{"Service", "ExecStart"},
	{"Service", "Type"},
	{"Service", "Restart"},
	{"Service", "RestartSec"},
	{"Service", "MemoryMax"},
	{"Service", "TasksMax"},
	{"Service", "User"},
	{"Service", "Group"},
	{"Service", "TTYPath"},
	{NULL, NULL},
};

/* By enum service_type and enum service_restart. */
static const char *const types[] = {"simple", "oneshot", NULL};
static const char *const restarts[] = {"no", "on-failure", "always", NULL};

/* The length of name without ".service", or its whole length. */
static size_t
stem(const char *name)
{
	size_t length = strlen(name), suffix = sizeof(SUFFIX) - 1;

	if (length > suffix && strcmp(name + length - suffix, SUFFIX) == 0)
		return length - suffix;
	return length;
}

/* The service's name is its file's: "folder/NAME.service". */
static int
read_name(struct service *service, struct error *e)
{
	const char *slash = strrchr(service->file, '/');
	const char *base = slash ? slash + 1 : service->file;
	size_t length = stem(base);

	service->name = xstrdup(base);
	service->name[length] = '\0';
	if (base[length] == '\0' || !name_valid(service->name, NAME_OTHER))
		return error_set(e, EINVAL,
			"%s: want a file called NAME.service, NAME of at most %d of a-z 0-9 + . - _",
			service->file, NAME_LENGTH);
	return 0;
}

static int
read_after(struct service *service, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	struct strlist words = {0};
	int r = field_names(ini, entry, true, NAME_OTHER, &words, e);

	service->after_line = entry->line;
	for (size_t i = 0; r == 0 && i < words.count; i++) {
		words.item[i][stem(words.item[i])] = '\0';
		if (strlist_has(&service->after, words.item[i]))
			r = ini_bad(ini, entry, e, "\"%s\" stands in it twice",
				words.item[i]);
		else
			r = strlist_add(&service->after, words.item[i]);
	}
	strlist_free(&words);
	return r;
}

static int
read_unit(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Unit", "Description");
	int r = 0;

	if (entry)
		r = field_line(ini, entry, &service->description, e);
	else
		service->description = xstrdup(service->name);
	if (r == 0 && (entry = ini_get(ini, "Unit", "After")))
		r = read_after(service, ini, entry, e);
	return r;
}

static int
read_command(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_need(ini, "Service", "ExecStart", e);
	char why[256];

	if (!entry)
		return -EINVAL;
	if (command_split(entry->value, &service->arguments, why, sizeof(why)) < 0)
		return ini_bad(ini, entry, e, "%s", why);
	if (path_fault(service->arguments.item[0]))
		return ini_bad(ini, entry, e, "%s, got \"%.80s\"",
			path_fault(service->arguments.item[0]),
			service->arguments.item[0]);
	if (service->arguments.count > CONFIG_ARGUMENTS)
		return ini_bad(ini, entry, e, "want at most %d words, got %zu",
			CONFIG_ARGUMENTS, service->arguments.count);
	return 0;
}

static int
read_kind(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Service", "Type");
	unsigned type = SERVICE_SIMPLE, restart = RESTART_NO;
	int r = entry ? field_choice(ini, entry, types, &type, e) : 0;

	if (r == 0 && (entry = ini_get(ini, "Service", "Restart"))) {
		r = field_choice(ini, entry, restarts, &restart, e);
		/* as systemd: a oneshot is done when it ends well */
		if (r == 0 && type == SERVICE_ONESHOT && restart == RESTART_ALWAYS)
			r = ini_bad(ini, entry, e,
				"want no or on-failure with Type=oneshot, got \"always\"");
	}
	service->type = (enum service_type)type;
	service->restart = (enum service_restart)restart;
	service->restart_ms = 100;
	if (r == 0 && (entry = ini_get(ini, "Service", "RestartSec")))
		r = ini_seconds(ini, entry, &service->restart_ms, e);
	return r;
}

static int
read_limits(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Service", "MemoryMax");
	int r = 0;

	service->memory_max = UINT64_MAX;
	service->tasks_max = UINT64_MAX;
	if (entry && strcmp(entry->value, "infinity") != 0)
		r = field_size(ini, entry, &service->memory_max, e);
	entry = ini_get(ini, "Service", "TasksMax");
	if (r == 0 && entry && strcmp(entry->value, "infinity") != 0) {
		/* the kernel's own bound, PID_MAX_LIMIT */
		r = ini_count(ini, entry, 4194304, &service->tasks_max, e);
		if (r == 0 && service->tasks_max == 0)
			r = ini_bad(ini, entry, e,
				"want 1 to 4194304 or infinity, got \"%s\"",
				entry->value);
	}
	return r;
}

static int
read_identity(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Service", "User");
	int r = 0;

	if (entry)
		r = field_id(ini, entry, entry->value, &service->uid, e);
	service->gid = service->uid;
	if (r == 0 && (entry = ini_get(ini, "Service", "Group")))
		r = field_id(ini, entry, entry->value, &service->gid, e);
	if (r == 0 && (entry = ini_get(ini, "Service", "TTYPath"))) {
		const char *fault = path_fault(entry->value);

		if (fault)
			return ini_bad(
				ini, entry, e, "%s, got \"%.80s\"", fault, entry->value);
		if (strncmp(entry->value, "/dev/", 5) != 0)
			return ini_bad(ini, entry, e,
				"want a terminal such as /dev/ttyS0, got \"%.80s\"",
				entry->value);
		service->tty = xstrdup(entry->value);
	}
	return r;
}

static int
build(struct service *service, struct ini *ini, struct error *e)
{
	int r = field_known(ini, known, e);

	if (r == 0)
		r = read_unit(service, ini, e);
	if (r == 0)
		r = read_command(service, ini, e);
	if (r == 0)
		r = read_kind(service, ini, e);
	if (r == 0)
		r = read_limits(service, ini, e);
	if (r == 0)
		r = read_identity(service, ini, e);
	return r;
}

int
service_read(struct service *service, const char *file, struct error *e)
{
	struct ini ini = {0};
	int r;

	memset(service, 0, sizeof(*service));
	service->file = path_shown(file);
	r = read_name(service, e);
	if (r == 0)
		r = ini_read(&ini, service->file, e);
	if (r == 0)
		r = build(service, &ini, e);
	ini_free(&ini);
	return r;
}

int
service_parse(struct service *service, const char *file, const char *text, size_t size,
	struct error *e)
{
	struct ini ini = {0};
	int r;

	memset(service, 0, sizeof(*service));
	service->file = xstrdup(file);
	r = read_name(service, e);
	if (r == 0)
		r = ini_read_text(&ini, file, text, size, e);
	if (r == 0)
		r = build(service, &ini, e);
	ini_free(&ini);
	return r;
}

void
service_free(struct service *service)
{
	free(service->file);
	free(service->name);
	free(service->description);
	strlist_free(&service->arguments);
	strlist_free(&service->after);
	free(service->tty);
	memset(service, 0, sizeof(*service));
}

/* The index of name among the services from `from` on, or count. */
static size_t
find(const struct service *services, size_t from, size_t count, const char *name)
{
	for (size_t i = from; i < count; i++)
		if (strcmp(services[i].name, name) == 0)
			return i;
	return count;
}

/* The first in After= of s that has not been placed yet, or count. */
static size_t
waits_for(const struct service *services, size_t placed, size_t count,
	const struct service *s)
{
	size_t found = count;

	for (size_t i = 0; i < s->after.count && found == count; i++)
		found = find(services, placed, count, s->after.item[i]);
	return found;
}

/*
 * None of the services from `placed` on can be next, so following After= runs in a
 * circle. It is printed from its first name on, whatever order they were enabled in.
 */
static int
say_cycle(const struct service *services, size_t placed, size_t count, struct error *e)
{
	size_t at = placed, start;
	char *text;
	int r;

	for (size_t i = placed; i < count;
		i++) /* as many steps as services: now inside it */
		at = waits_for(services, placed, count, &services[at]);
	start = at;
	for (size_t i = placed; i < count; i++) {
		at = waits_for(services, placed, count, &services[at]);
		if (strcmp(services[at].name, services[start].name) < 0)
			start = at;
	}
	at = start;
	text = xstrdup(services[at].name);
	do {
		char *longer;

		at = waits_for(services, placed, count, &services[at]);
		longer = xasprintf("%s -> %s", text, services[at].name);
		free(text);
		text = longer;
	} while (at != start);
	r = error_set(e, EINVAL, "%s:%u: After: services wait for each other: %s",
		services[start].file, services[start].after_line, text);
	free(text);
	return r;
}

int
service_sort(struct service *services, size_t count, const char *board, struct error *e)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < services[i].after.count; j++)
			if (find(services, 0, count, services[i].after.item[j]) == count)
				return error_set(e, EINVAL,
					"%s:%u: After: \"%s\" is not enabled in %s",
					services[i].file, services[i].after_line,
					services[i].after.item[j], board);
	for (size_t placed = 0; placed < count; placed++) {
		size_t next = count;
		struct service swap;

		for (size_t i = placed; i < count; i++)
			if (waits_for(services, placed, count, &services[i]) == count &&
				(next == count || strcmp(services[i].name,
							  services[next].name) < 0))
				next = i;
		if (next == count)
			return say_cycle(services, placed, count, e);
		swap = services[placed];
		services[placed] = services[next];
		services[next] = swap;
	}
	return 0;
}
