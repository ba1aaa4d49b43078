/* SPDX-License-Identifier: ISC */
/* What a service may ask of the kernel: system calls and capabilities. */
#include <errno.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "capability.h"
#include "builder/base/field.h"
#include "seccomp.h"
#include "service.h"
#include "service_parts.h"

static int
read_words(struct service *service, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	struct strlist *words = &service->filter.words;
	int r = field_words(ini, entry, false, words, e);

	/* As systemd: before the first word, "~" is for all of them. */
	if (r == 0 && words->item[0][0] == '~') {
		service->filter.deny = true;
		memmove(words->item[0], words->item[0] + 1, strlen(words->item[0]));
	}
	for (size_t i = 0; r == 0 && i < words->count; i++)
		if (seccomp_check_word(words->item[i]) < 0)
			r = ini_bad(ini, entry, e,
				"want system calls or groups such as @system-service, got \"%.80s\"",
				words->item[i]);
	return r;
}

int
service_read_filter(struct service *service, struct ini *ini, bool open, struct error *e)
{
	static const char *const actions[] = {"EPERM", "kill", NULL};
	struct ini_entry *entry = ini_get(ini, "Service", "SystemCallFilter");
	struct ini_entry *action = ini_get(ini, "Service", "SystemCallErrorNumber");
	struct ini_entry *spaces = ini_get(ini, "Service", "RestrictNamespaces");
	bool restricted;
	unsigned choice = 0;
	int r = 0;

	service->filter.none = entry ? strcmp(entry->value, "no") == 0 : open;
	if (!service->filter.none && entry)
		r = read_words(service, ini, entry, e);
	else if (!service->filter.none)
		r = strlist_add(&service->filter.words, "@system-service");
	if (r == 0 && action)
		r = field_choice(ini, action, actions, &choice, e);
	service->filter.kill = choice == 1;
	restricted = service->isolation.flags & ISOLATE_PRIVILEGES && !open;
	if (r == 0 && spaces)
		r = ini_bool(ini, spaces, &restricted, e);
	service->filter.namespaces = !restricted;
	if (r < 0)
		return r;
	/* No other filter: all calls but those that make namespaces. */
	if (service->filter.none && restricted) {
		service->filter.none = false;
		service->filter.deny = true;
	}
	if (service->filter.none && action)
		return ini_bad(ini, action, e, "want a SystemCallFilter beside it");
	if (service->filter.none || service->isolation.flags & ISOLATE_PRIVILEGES)
		return 0;
	if (!entry && !spaces) /* there is a filter without a key: the default */
		return ini_bad(ini, ini_get(ini, "Service", "NoNewPrivileges"), e,
			"want SystemCallFilter = no beside it: the kernel filters only processes that gain no privileges");
	return ini_bad(
		ini, entry ? entry : spaces, e, "want NoNewPrivileges = yes beside it");
}

/* A list of capabilities; before the first, "~" means all but these. */
static int
read_set(const struct ini *ini, const struct ini_entry *entry, bool inverse,
	uint64_t *set, struct error *e)
{
	struct strlist words = {0};
	bool all_but = false;
	int r = field_words(ini, entry, true, &words, e);

	*set = 0;
	for (size_t i = 0; r == 0 && i < words.count; i++) {
		const char *name = words.item[i];
		int number;

		if (i == 0 && inverse && name[0] == '~') {
			all_but = true;
			name++;
			if (!*name)
				continue;
		}
		number = capability_number(name);
		if (number < 0)
			r = ini_bad(ini, entry, e,
				"want capabilities such as CAP_NET_RAW, got \"%.80s\"",
				name);
		else
			*set |= (uint64_t)1 << number;
		if (r == 0 && !all_but && *set & ISOLATE_NEVER)
			r = ini_bad(ini, entry, e,
				"no service has %s: only pid1 may do that", name);
	}
	if (all_but)
		*set = CAPABILITY_ALL & ~*set;
	*set &= ~ISOLATE_NEVER;
	strlist_free(&words);
	return r;
}

int
service_read_capabilities(
	struct service *service, struct ini *ini, bool open, struct error *e)
{
	struct config_isolation *isolation = &service->isolation;
	struct ini_entry *entry = ini_get(ini, "Service", "AmbientCapabilities");
	uint64_t bounding;
	int r = 0;

	if (entry)
		r = read_set(ini, entry, false, &isolation->ambient, e);
	bounding = open ? CAPABILITY_ALL & ~ISOLATE_NEVER : isolation->ambient;
	entry = ini_get(ini, "Service", "CapabilityBoundingSet");
	if (r == 0 && entry) {
		r = read_set(ini, entry, true, &bounding, e);
		if (r == 0 && isolation->ambient & ~bounding)
			r = ini_bad(ini, entry, e,
				"want what AmbientCapabilities names in it, too");
	}
	/* What a newer kernel adds is dropped as well. */
	isolation->dropped = ~bounding;
	return r;
}
