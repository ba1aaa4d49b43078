/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "../lib/error.h"
#include "../lib/ini.h"
#include "field.h"
#include "service.h"
#include "service_parts.h"
#include "xalloc.h"

static int
read_after(struct service *service, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	struct strlist words = {0};
	int r = field_names(ini, entry, true, NAME_OTHER, &words, e);

	service->after_line = entry->line;
	for (size_t i = 0; r == 0 && i < words.count; i++) {
		service_cut_suffix(words.item[i]);
		if (strlist_has(&service->after, words.item[i]))
			r = ini_bad(ini, entry, e, "\"%s\" stands in it twice",
				words.item[i]);
		else if (i == CONFIG_RELATIONS)
			r = ini_bad(
				ini, entry, e, "want at most %d names", CONFIG_RELATIONS);
		else
			r = strlist_add(&service->after, words.item[i]);
	}
	strlist_free(&words);
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
	if (r == 0 && (entry = ini_get(ini, "Unit", "After")))
		r = read_after(service, ini, entry, e);
	return r;
}
