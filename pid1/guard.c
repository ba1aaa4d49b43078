/* SPDX-License-Identifier: ISC */
#include "guard.h"

#include <stdbool.h>
#include <string.h>

#include "lib/config.h"
#include "pid1/log/crash.h"
#include "pid1/log/log.h"
#include "pid1/power/reason.h"
#include "pid1/power/rescue.h"
#include "pid1/start/storage.h"
#include "pid1/service/supervise.h"
#include "pid1/power/watchdog.h"

static struct {
	const struct config *config;
	enum storage_state tried; /* of the store's file system, at the last try */
	bool settled;
	bool resigned; /* to a mount that no restart has mended */
	bool reported; /* the last boot's end, as a crash report */
} guard = {.tried = STORAGE_WAITING};

void
guard_begin(const struct config *config)
{
	guard.config = config;
	watchdog_open(&config->watchdog);
}

/* Of the mount that a store lies on; what lies on none is there at once. */
static enum storage_state
state_of(const char *store)
{
	enum storage_state state = STORAGE_UP;
	struct storage_status mount;
	size_t longest = 0;

	for (size_t i = 0; storage_status(i, &mount); i++) {
		size_t length = strlen(mount.path);

		if (length > longest && strncmp(store, mount.path, length) == 0 &&
			store[length] == '/') {
			longest = length;
			state = mount.state;
		}
	}
	return state;
}

/*
 * A board that must not run unguarded restarts for it, but not for ever: what the restart
 * does not mend is better run and reported than not run.
 */
static void
require_watchdog(void)
{
	const struct reason *last = reason_last();
	const char *fault = watchdog_fault();

	if (!guard.config->watchdog.required || !fault)
		return;
	if (reason_is_kept() &&
		(last->kind != REASON_NO_WATCHDOG || last->streak < WATCHDOG_ATTEMPTS))
		rescue_as(REASON_NO_WATCHDOG, 1, fault);
	log_say("watchdog: required, but %s: goes on without", fault);
}

/* The last boots ended by the same mount's fault: its reason up to the colon. */
static bool
is_again(const char *fault)
{
	const struct reason *last = reason_last();
	size_t name = strcspn(fault, ":");

	return last->kind == REASON_UNHEALTHY && last->streak >= GUARD_ATTEMPTS &&
	       strncmp(last->text, fault, name + 1) == 0;
}

const char *
guard_fault(void)
{
	const char *fault = storage_fault();

	if (!fault || guard.resigned || !guard.settled)
		return NULL;
	if (reason_is_kept() && !is_again(fault))
		return fault;
	log_say("%s: %s: goes on without", fault,
		reason_is_kept() ? "restarts have not mended it"
				 : "restarts would not be counted");
	guard.resigned = true;
	supervise_resign();
	return NULL;
}

/* Crash reports of how the last boot ended, once their own mount is there. */
static void
report_last_boot(void)
{
	if (guard.reported || !guard.settled ||
		state_of(guard.config->crash.store) != STORAGE_UP)
		return;
	guard.reported = true;
	if (reason_last_is_bad())
		crash_last_boot(reason_last_text());
	if (reason_has_dumps())
		crash_dumps();
}

static void
open_reason(void)
{
	enum storage_state state;

	if (reason_is_open())
		return;
	state = state_of(guard.config->reason.store);
	/* A mount that failed may come later; each change is one try. */
	if ((state != STORAGE_UP && state != STORAGE_FAILED) || state == guard.tried)
		return;
	guard.tried = state;
	reason_open(&guard.config->reason);
	if (!guard.settled)
		require_watchdog();
	guard.settled = true;
}

void
guard_advance(uint64_t now_ms)
{
	watchdog_advance(now_ms, health_feeds(now_ms));
	open_reason();
	report_last_boot();
}
