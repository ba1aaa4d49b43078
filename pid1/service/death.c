/* SPDX-License-Identifier: ISC */
#include "death.h"

#include <stdio.h>

#include "pid1/isolate/cgroup.h"
#include "pid1/log/crash.h"
#include "pid1/log/log.h"
#include "reap.h"
#include "pid1/base/timeline.h"

/* What ends because it was told to has not crashed, unless it was told so for being late.
 */
static void
keep_crash(size_t index, const struct slot *slot, const struct reap_end *end,
	const char *cause)
{
	const enum service_state state = slot->service.state;
	const enum service_result result = slot->service.result;
	char text[200];

	if (state == SERVICE_STOPPING || state == SERVICE_KILLING) {
		if (result != RESULT_WATCHDOG && result != RESULT_TIMEOUT)
			return;
		snprintf(
			text, sizeof(text), "%s: %s", service_result_name(result), cause);
		cause = text;
	} else if (reap_is_clean(end) || (slot->over && !end->killed)) {
		return;
	}
	crash_report(index, end->pid, cause);
}

void
death_say(const struct supervisor *s, const struct slot *slot, const struct reap_end *end)
{
	const char *name = slot->config->name, *why = NULL;
	struct cgroup_oom oom;
	char cause[160];

	timeline_mark("service", name, "ended");
	if (end->killed && s->cgroups) {
		cgroup_oom(slot->group, &oom);
		why = cgroup_oom_reason(&slot->oom, &oom);
	}
	if (why)
		snprintf(cause, sizeof(cause), "killed: out of memory: %s", why);
	else if (end->killed)
		snprintf(cause, sizeof(cause), "ended by signal %d", end->value);
	else
		snprintf(cause, sizeof(cause), "exited with %d", end->value);
	log_say("service %s: %s", name, cause);
	keep_crash((size_t)(slot - s->slots), slot, end, cause);
}

enum service_event
death_event(const struct slot *slot, const struct reap_end *end)
{
	/* What a helper's status means is for who asked. */
	if (slot->over && !end->killed)
		return EVENT_EXITED;
	if (reap_is_clean(end) && (!end->killed || slot->config->type != SERVICE_ONESHOT))
		return EVENT_EXITED;
	return end->killed ? EVENT_KILLED : EVENT_UNCLEAN;
}
