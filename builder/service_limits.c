/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "../lib/error.h"
#include "../lib/ini.h"
#include "field.h"
#include "service.h"
#include "service_parts.h"

int
service_read_limits(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Service", "MemoryMax");
	int r = 0;

	service->limits.memory_max = UINT64_MAX;
	service->limits.tasks_max = UINT64_MAX;
	if (entry && strcmp(entry->value, "infinity") != 0)
		r = field_size(ini, entry, &service->limits.memory_max, e);
	entry = ini_get(ini, "Service", "TasksMax");
	if (r == 0 && entry && strcmp(entry->value, "infinity") != 0) {
		/* the kernel's own bound, PID_MAX_LIMIT */
		r = ini_count(ini, entry, 4194304, &service->limits.tasks_max, e);
		if (r == 0 && service->limits.tasks_max == 0)
			r = ini_bad(ini, entry, e,
				"want 1 to 4194304 or infinity, got \"%s\"",
				entry->value);
	}
	return r;
}
