/* SPDX-License-Identifier: ISC */
/* What a service sees of the device's files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "lib/partuuid.h"
#include "board_slots.h"
#include "builder/base/field.h"
#include "service.h"
#include "service_parts.h"
#include "builder/base/xalloc.h"

static const char *
keep(struct service *service, const char *text)
{
	if (strlist_add(&service->kept, text) < 0)
		abort();
	return service->kept.item[service->kept.count - 1];
}

/* True if path is dir or lies below it. */
static bool
lies_in(const char *path, const char *dir)
{
	size_t length = strlen(dir);

	return strcmp(dir, "/") == 0 ||
	       (strncmp(path, dir, length) == 0 &&
		       (path[length] == '\0' || path[length] == '/'));
}

static int
add_bind(struct service *service, const char *from, const char *to, unsigned flags)
{
	struct config_isolation *isolation = &service->isolation;
	size_t at = 0;

	for (size_t i = 0; i < isolation->bind_count; i++)
		if (strcmp(isolation->binds[i].to, to) == 0)
			return -EEXIST;
	if (isolation->bind_count == CONFIG_BINDS)
		return -E2BIG;
	/* Sorted, so that a folder is there before what is bound into it. */
	while (at < isolation->bind_count && strcmp(isolation->binds[at].to, to) < 0)
		at++;
	memmove(&isolation->binds[at + 1], &isolation->binds[at],
		(isolation->bind_count - at) * sizeof(isolation->binds[0]));
	isolation->binds[at] = (struct config_bind){.from = keep(service, from),
		.to = keep(service, to),
		.flags = (uint8_t)(flags | (lies_in(from, "/dev") ? BIND_DEVICES : 0))};
	isolation->bind_count++;
	return 0;
}

/* "[-]FROM[:TO]" */
static int
read_bind(struct service *service, const struct ini *ini, const struct ini_entry *entry,
	char *word, unsigned flags, struct error *e)
{
	char *from = word, *to;
	int r;

	if (*from == '-') {
		flags |= BIND_OPTIONAL;
		from++;
	}
	to = strchr(from, ':');
	if (to)
		*to++ = '\0';
	else
		to = from;
	if (strcmp(to, "/") == 0)
		return ini_bad(
			ini, entry, e, "want \"BindPaths = /\" alone, or paths below it");
	if (path_fault(from) || path_fault(to))
		return ini_bad(ini, entry, e, "%s, got \"%.80s\"",
			path_fault(path_fault(from) ? from : to),
			path_fault(from) ? from : to);
	r = add_bind(service, from, to, flags);
	if (r == -E2BIG)
		return ini_bad(ini, entry, e, "want at most %d paths", CONFIG_BINDS - 1);
	return r < 0 ? ini_bad(ini, entry, e, "\"%.80s\" is bound twice", to) : 0;
}

static int
read_binds(struct service *service, struct ini *ini, const char *key, unsigned flags,
	struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Service", key);
	struct strlist words = {0};
	int r;

	if (!entry)
		return 0;
	r = field_words(ini, entry, false, &words, e);
	for (size_t i = 0; r == 0 && i < words.count; i++)
		r = read_bind(service, ini, entry, words.item[i], flags, e);
	strlist_free(&words);
	return r;
}

/* A path, a GUID, or a partition's name, which the board's [slots] say more of. */
static bool
is_device(const char *name)
{
	uint8_t guid[GPT_GUID];

	if (partuuid_is(name))
		return partuuid_parse(name, guid);
	if (*name != '/')
		return board_slots_part(name) < SLOTS_PARTS;
	return !path_fault(name) && lies_in(name, "/dev") && strlen(name) >= 6;
}

/* "/dev/ttyS1 rw", one a line; "-" before it: it may be missing. */
static int
read_device(struct service *service, const struct ini *ini, const struct ini_entry *entry,
	const char *line, struct error *e)
{
	struct config_isolation *isolation = &service->isolation;
	struct strlist words = {0};
	const char *path, *access;
	unsigned bits = 0;
	int r = strlist_split(&words, line);

	if (r < 0 || words.count == 0 || words.count > 2)
		goto bad;
	path = words.item[0];
	if (*path == '-') {
		bits |= DEVICE_OPTIONAL;
		path++;
	}
	access = words.count == 2 ? words.item[1] : "rw";
	if (!is_device(path) || !*access || access[strspn(access, "rw")] != '\0')
		goto bad;
	bits |= strchr(access, 'r') ? DEVICE_READ : 0;
	bits |= strchr(access, 'w') ? DEVICE_WRITE : 0;
	if (isolation->device_count == CONFIG_DEVICES) {
		r = ini_bad(ini, entry, e, "want at most %d devices", CONFIG_DEVICES);
		goto out;
	}
	isolation->devices[isolation->device_count++] = (struct config_device){
		.path = keep(service, path), .access = (uint8_t)bits};
	goto out;
bad:
	r = ini_bad(ini, entry, e,
		"want a device and r, w or rw, such as \"/dev/ttyS1 rw\", got \"%.80s\"",
		line);
out:
	strlist_free(&words);
	return r;
}

static int
read_devices(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Service", "DeviceAllow");
	char *copy, *rest = NULL;
	int r = 0;

	if (!entry)
		return 0;
	copy = xstrdup(entry->value);
	for (char *line = strtok_r(copy, "\n", &rest); line && r == 0;
		line = strtok_r(NULL, "\n", &rest))
		r = read_device(service, ini, entry, line, e);
	free(copy);
	return r;
}

/* Its folders in /run, which pid1 makes. With BindPaths = / it sees them anyway. */
static int
read_runtime(struct service *service, struct ini *ini, bool open, struct error *e)
{
	static const char *const taken[] = {"notify", "outbox", "pid1", "view"};
	struct ini_entry *entry = ini_get(ini, "Service", "RuntimeDirectory");
	struct strlist words = {0};
	int r;

	if (!entry)
		return 0;
	r = field_names(ini, entry, false, "._-", &words, e);
	if (r == 0 && words.count > CONFIG_RUNTIMES)
		r = ini_bad(ini, entry, e, "want at most %d folders", CONFIG_RUNTIMES);
	for (size_t i = 0; r == 0 && i < words.count; i++) {
		char *path = xasprintf("/run/%s", words.item[i]);

		service->isolation.runtime[i] = keep(service, words.item[i]);
		for (size_t k = 0; k < sizeof(taken) / sizeof(taken[0]); k++)
			if (strcmp(words.item[i], taken[k]) == 0)
				r = ini_bad(ini, entry, e, "%s is Ingot's own", path);
		if (r == 0 && !open) {
			r = add_bind(service, path, path, BIND_WRITABLE);
			if (r == -E2BIG)
				r = ini_bad(ini, entry, e,
					"want at most %d paths with those of BindPaths",
					CONFIG_BINDS - 2);
			else if (r < 0)
				r = ini_bad(ini, entry, e,
					"%s is bound by another key, too", path);
		}
		free(path);
	}
	strlist_free(&words);
	return r;
}

int
service_check_runtime(const struct service *services, size_t count, struct error *e)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++) {
			const char *const *a = services[i].isolation.runtime;
			const char *const *b = services[j].isolation.runtime;

			if (services[i].isolation.uid == services[j].isolation.uid)
				continue;
			for (size_t k = 0; a[k]; k++)
				for (size_t l = 0; b[l]; l++)
					if (strcmp(a[k], b[l]) == 0)
						return error_set(e, EINVAL,
							"%s: RuntimeDirectory: /run/%s is that of another user's %s, too",
							services[i].file, a[k],
							services[j].file);
		}
	return 0;
}

/* The program itself, unless a path says how it is seen. */
static int
add_program(struct service *service, const struct ini *ini, struct error *e)
{
	const struct config_isolation *isolation = &service->isolation;
	const char *program = service->arguments.item[0];

	for (size_t i = 0; i < isolation->bind_count; i++)
		if (lies_in(program, isolation->binds[i].to))
			return 0;
	return add_bind(service, program, program, 0) < 0
		       ? error_set(e, EINVAL, "%s: BindPaths: want at most %d paths",
				 ini->file, CONFIG_BINDS - 1)
		       : 0;
}

/* The socket that it says its readiness at, unless a path has it already. */
static int
add_socket(struct service *service, const struct ini *ini, struct error *e)
{
	const struct config_isolation *isolation = &service->isolation;
	char *path;
	int r = 0;

	if (!config_life_notifies(&service->life, (uint8_t)service->type))
		return 0;
	path = xasprintf(CONFIG_NOTIFY_DIR "/%s", service->name);
	for (size_t i = 0; r == 0 && i < isolation->bind_count; i++)
		if (lies_in(path, isolation->binds[i].to) &&
			strcmp(isolation->binds[i].from, isolation->binds[i].to) == 0)
			r = 1;
	if (r == 0 && add_bind(service, path, path, BIND_WRITABLE) < 0)
		r = error_set(e, EINVAL, "%s: BindPaths: want at most %d paths",
			ini->file, CONFIG_BINDS - 2);
	free(path);
	return r < 0 ? r : 0;
}

static int
check_tmp(const struct service *service, const struct ini *ini, struct error *e)
{
	const struct config_isolation *isolation = &service->isolation;

	for (size_t i = 0; i < isolation->bind_count; i++)
		if (isolation->flags & ISOLATE_TMP &&
			lies_in(isolation->binds[i].to, "/tmp"))
			return error_set(e, EINVAL,
				"%s: BindPaths: %s lies in its own /tmp: want PrivateTmp = no",
				ini->file, isolation->binds[i].to);
	return 0;
}

int
service_read_view(struct service *service, struct ini *ini, bool *open, struct error *e)
{
	static const char *const others[] = {"BindReadOnlyPaths", "DeviceAllow"};
	struct ini_entry *entry = ini_get(ini, "Service", "BindPaths");
	int r;

	*open = entry && strcmp(entry->value, "/") == 0;
	if (*open) {
		for (size_t i = 0; i < 2; i++)
			if ((entry = ini_get(ini, "Service", others[i])))
				return ini_bad(ini, entry, e,
					"BindPaths = / has everything in it already");
		return read_runtime(service, ini, true, e);
	}
	service->isolation.flags |= ISOLATE_VIEW | ISOLATE_LANDLOCK;
	r = read_binds(service, ini, "BindPaths", BIND_WRITABLE, e);
	if (r == 0)
		r = read_binds(service, ini, "BindReadOnlyPaths", 0, e);
	if (r == 0)
		r = read_runtime(service, ini, false, e);
	if (r == 0)
		r = read_devices(service, ini, e);
	if (r == 0)
		r = add_program(service, ini, e);
	if (r == 0)
		r = add_socket(service, ini, e);
	return r < 0 ? r : check_tmp(service, ini, e);
}
