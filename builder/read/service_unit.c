/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "builder/base/field.h"
#include "service.h"
#include "service_parts.h"
#include "builder/base/xalloc.h"

static int
read_names(struct ini *ini, const char *key, struct strlist *names, unsigned *line,
	struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Unit", key);
	struct strlist words = {0};
	int r;

	if (!entry)
		return 0;
	r = field_names(ini, entry, true, NAME_OTHER, &words, e);
	*line = entry->line;
	for (size_t i = 0; r == 0 && i < words.count; i++) {
		service_cut_suffix(words.item[i]);
		if (strlist_has(names, words.item[i]))
			r = ini_bad(ini, entry, e, "\"%s\" stands in it twice",
				words.item[i]);
		else if (i == CONFIG_RELATIONS)
			r = ini_bad(
				ini, entry, e, "want at most %d names", CONFIG_RELATIONS);
		else
			r = strlist_add(names, words.item[i]);
	}
	strlist_free(&words);
	return r;
}

/* Names of other services than this one. */
static int
read_others(struct service *service, struct ini *ini, const char *key,
	struct service_names *others, struct error *e)
{
	int r = read_names(ini, key, &others->names, &others->line, e);

	if (r == 0 && strlist_has(&others->names, service->name))
		r = ini_bad(ini, ini_get(ini, "Unit", key), e,
			"want other services, \"%s\" is this one", service->name);
	return r;
}

static int
read_mounts(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Unit", "RequiresMountsFor");
	struct strlist *paths = &service->mounts_for.names;
	int r;

	if (!entry)
		return 0;
	service->mounts_for.line = entry->line;
	r = field_words(ini, entry, false, paths, e);
	for (size_t i = 0; r == 0 && i < paths->count; i++)
		if (path_fault(paths->item[i]))
			r = ini_bad(ini, entry, e, "%s, got \"%.80s\"",
				path_fault(paths->item[i]), paths->item[i]);
	return r;
}

int
service_read_unit(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Unit", "Description");
	int r = 0;

	if (entry)
		r = field_line(ini, entry, &service->description, e);
	else
		service->description = xstrdup(service->name);
	if (r == 0)
		r = read_names(ini, "After", &service->after, &service->after_line, e);
	if (r == 0)
		r = read_others(service, ini, "Requires", &service->requires, e);
	if (r == 0)
		r = read_others(service, ini, "Wants", &service->wants, e);
	if (r == 0)
		r = read_others(service, ini, "OnFailure", &service->on_failure, e);
	if (r == 0)
		r = read_mounts(service, ini, e);
	return r;
}
