/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "builder/base/field.h"
#include "service.h"
#include "service_parts.h"

#define MINUTE_MS ((uint64_t)60 * 1000)
#define HOUR_MS	  (60 * MINUTE_MS)

/* By enum service_type, enum service_restart and enum limit_action. */
static const char *const types[] = {"simple", "oneshot", "notify", NULL};
static const char *const restarts[] = {
	"no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "always", NULL};
static const char *const actions[] = {"none", "reboot", "poweroff", "unhealthy", NULL};

/* A time from low_ms to a day; what is there already is the default. */
static int
read_time(struct ini *ini, const char *section, const char *key, uint64_t low_ms,
	uint64_t *ms, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, section, key);
	int r;

	if (!entry)
		return 0;
	r = ini_seconds(ini, entry, ms, e);
	if (r == 0 && (*ms < low_ms || *ms > CONFIG_WAIT_MS))
		r = ini_bad(ini, entry, e, "want %llums to 24h, got \"%s\"",
			(unsigned long long)low_ms, entry->value);
	return r;
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
		if (r == 0 && type == SERVICE_ONESHOT &&
			(restart == RESTART_ALWAYS || restart == RESTART_ON_SUCCESS))
			r = ini_bad(ini, entry, e,
				"want no or on-failure with Type=oneshot, got \"%s\"",
				restarts[restart]);
	}
	service->type = (enum service_type)type;
	service->restart = (enum service_restart)restart;
	return r;
}

static int
read_times(struct service *service, struct ini *ini, struct error *e)
{
	struct config_life *life = &service->life;
	struct ini_entry *entry = ini_get(ini, "Service", "WatchdogSec");
	int r;

	life->restart_ms = 100;
	life->restart_most_ms = 30 * 1000;
	life->start_ms = 90 * 1000;
	life->stop_ms = 10 * 1000;
	r = read_time(ini, "Service", "RestartSec", 0, &life->restart_ms, e);
	if (r == 0)
		r = read_time(ini, "Service", "RestartMaxDelaySec", 0,
			&life->restart_most_ms, e);
	if (r == 0)
		r = read_time(ini, "Service", "TimeoutStartSec", 1, &life->start_ms, e);
	if (r == 0)
		r = read_time(ini, "Service", "TimeoutStopSec", 1, &life->stop_ms, e);
	if (r == 0)
		r = read_time(ini, "Service", "WatchdogSec", 10, &life->watchdog_ms, e);
	if (r == 0 && entry && service->type == SERVICE_ONESHOT)
		r = ini_bad(ini, entry, e,
			"want TimeoutStartSec with Type = oneshot: it is never ready, only done");
	return r;
}

static int
read_critical(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Service", "Critical");
	bool critical = false;
	int r = entry ? ini_bool(ini, entry, &critical, e) : 0;

	service->life.critical = critical;
	if (r == 0 && critical && (entry = ini_get(ini, "Service", "Slice")) &&
		strcmp(entry->value, "critical") != 0)
		r = ini_bad(ini, entry, e,
			"want critical with Critical = yes, got \"%s\"", entry->value);
	return r;
}

static int
read_notify_fd(struct service *service, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "Service", "NotifyFD");
	uint64_t fd = 0;
	int r;

	if (!entry)
		return 0;
	if (service->type != SERVICE_NOTIFY)
		return ini_bad(ini, entry, e, "want Type = notify beside it");
	r = ini_count(ini, entry, CONFIG_NOTIFY_FD, &fd, e);
	if (r == 0 && fd < 3)
		r = ini_bad(ini, entry, e, "want 3 to %d, got \"%s\"", CONFIG_NOTIFY_FD,
			entry->value);
	if (r == 0 && service->life.watchdog_ms > 0)
		r = ini_bad(ini, entry, e,
			"want no WatchdogSec beside it: life signs come as datagrams, and so does readiness then");
	service->life.notify_fd = (uint8_t)fd;
	return r;
}

/* How many starts within how long; a critical service always has such a budget. */
static int
read_limit(struct service *service, struct ini *ini, struct error *e)
{
	struct config_life *life = &service->life;
	struct ini_entry *burst = ini_get(ini, "Unit", "StartLimitBurst");
	struct ini_entry *interval = ini_get(ini, "Unit", "StartLimitIntervalSec");
	struct ini_entry *action = ini_get(ini, "Unit", "StartLimitAction");
	unsigned choice = life->critical ? LIMIT_UNHEALTHY : LIMIT_NONE;
	uint64_t count = 10;
	int r = 0;

	life->limit_ms = burst || life->critical ? HOUR_MS : 0;
	if (burst)
		r = ini_count(ini, burst, CONFIG_BURST, &count, e);
	if (r == 0 && count == 0)
		r = ini_bad(ini, burst, e, "want 1 to %d, got \"%s\"", CONFIG_BURST,
			burst->value);
	if (r == 0)
		r = read_time(
			ini, "Unit", "StartLimitIntervalSec", 0, &life->limit_ms, e);
	if (r == 0 && action)
		r = field_choice(ini, action, actions, &choice, e);
	if (r < 0)
		return r;
	if (life->critical && interval && life->limit_ms == 0)
		return ini_bad(ini, interval, e,
			"want a limit: without one a critical service could crash for ever");
	if (life->critical && choice == LIMIT_NONE)
		return ini_bad(ini, action, e,
			"want reboot, poweroff or unhealthy for a critical service");
	if (action && life->limit_ms == 0)
		return ini_bad(ini, action, e,
			"want StartLimitIntervalSec beside it, or there is no limit");
	life->limit_burst = (uint8_t)count;
	life->limit_action = (uint8_t)choice;
	return 0;
}

static int
read_timer(struct service *service, struct ini *ini, struct error *e)
{
	struct config_life *life = &service->life;
	struct ini_entry *boot = ini_get(ini, "Timer", "OnBootSec");
	struct ini_entry *period = ini_get(ini, "Timer", "OnUnitActiveSec");
	int r;

	life->timer_boot_ms = CONFIG_NEVER;
	r = read_time(ini, "Timer", "OnBootSec", 0, &life->timer_boot_ms, e);
	if (r == 0)
		r = read_time(
			ini, "Timer", "OnUnitActiveSec", 100, &life->timer_period_ms, e);
	if (r == 0 && life->critical && (boot || period))
		r = ini_bad(ini, boot ? boot : period, e,
			"want no timer: a critical service runs from the boot on");
	return r;
}

int
service_read_life(struct service *service, struct ini *ini, struct error *e)
{
	int r = read_kind(service, ini, e);

	if (r == 0)
		r = read_times(service, ini, e);
	if (r == 0)
		r = read_critical(service, ini, e);
	if (r == 0)
		r = read_notify_fd(service, ini, e);
	if (r == 0)
		r = read_limit(service, ini, e);
	if (r == 0)
		r = read_timer(service, ini, e);
	return r;
}
