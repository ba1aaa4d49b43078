/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "../lib/error.h"
#include "../lib/ini.h"
#include "field.h"
#include "service.h"
#include "service_parts.h"

int
service_read_isolation(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Service", "User");
	int r = 0;

	if (entry)
		r = field_id(ini, entry, entry->value, &service->isolation.uid, e);
	service->isolation.gid = service->isolation.uid;
	if (r == 0 && (entry = ini_get(ini, "Service", "Group")))
		r = field_id(ini, entry, entry->value, &service->isolation.gid, e);
	return r;
}
