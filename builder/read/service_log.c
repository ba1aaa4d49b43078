/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "service.h"
#include "service_parts.h"

/* As systemd-journald(8) has them. */
#define INTERVAL_MS 30000
#define BURST	    10000

int
service_read_log(struct service *service, struct ini *ini, struct error *e)
{
	struct config_service_log *log = &service->log;
	struct ini_entry *entry = ini_get(ini, "Service", "LogRateLimitIntervalSec");
	int r = 0;

	log->interval_ms = INTERVAL_MS;
	log->burst = BURST;
	if (entry)
		r = ini_seconds(ini, entry, &log->interval_ms, e);
	if (r == 0 && log->interval_ms > CONFIG_WAIT_MS)
		r = ini_bad(
			ini, entry, e, "want at most 24h, got \"%.64s\"", entry->value);
	entry = ini_get(ini, "Service", "LogRateLimitBurst");
	if (r == 0 && entry)
		r = ini_count(ini, entry, UINT32_MAX, &log->burst, e);
	entry = ini_get(ini, "Service", "LogSize");
	if (r < 0 || !entry)
		return r;
	r = ini_size(ini, entry, &log->size, e);
	if (r == 0 && (log->size < CONFIG_LOG_LEAST || log->size > CONFIG_LOG_MOST))
		r = ini_bad(ini, entry, e, "want 4K to 16M, got \"%s\"", entry->value);
	return r;
}
