/* SPDX-License-Identifier: ISC */
#include "step.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "act.h"
#include "pid1/base/clock.h"
#include "pid1/log/log.h"
#include "pid1/base/timeline.h"

struct slot *
step_add(struct supervisor *s, const struct config_service *config, const char *slice)
{
	struct slot *slot = &s->slots[s->count++];

	memset(slot, 0, sizeof(*slot));
	slot->config = config;
	snprintf(slot->group, sizeof(slot->group), "%s/%s", slice, config->name);
	act_prepare(s, slot);
	/* Nobody waits for what is not started at boot. */
	slot->passed = !config->life.at_boot;
	return slot;
}

static void
say(const struct slot *slot, enum service_event event, enum service_state old,
	uint64_t delay_ms)
{
	const struct config_life *life = &slot->config->life;
	const struct service *service = &slot->service;
	const char *name = slot->config->name;

	if (event == EVENT_READY)
		timeline_mark("service", name, "ready");
	if (service->state == SERVICE_PAUSED && old != SERVICE_PAUSED)
		log_say("service %s: starts again in %llu ms", name,
			(unsigned long long)delay_ms);
	else if (event == EVENT_READY)
		log_say("service %s: ready", name);
	else if (service->state == SERVICE_FAILED && old != SERVICE_FAILED)
		log_say("service %s: failed for good: %s", name,
			service_result_name(service->result));
	else if (event == EVENT_TROUBLE)
		log_say("service %s: says that it is in trouble: aborted", name);
	else if (event != EVENT_TIMER)
		return;
	else if (old == SERVICE_RUNNING)
		log_say("service %s: no life sign for %llu ms: aborted", name,
			(unsigned long long)life->watchdog_ms);
	else if (old == SERVICE_STARTING || old == SERVICE_ACTIVATING)
		log_say("service %s: not %s within %llu ms: stopped", name,
			slot->config->type == SERVICE_ONESHOT ? "done" : "ready",
			(unsigned long long)life->start_ms);
	else if (old == SERVICE_STOPPING)
		log_say("service %s: does not stop: killed", name);
	else if (old == SERVICE_KILLING || old == SERVICE_CLEARING)
		log_say("service %s: has processes that cannot be killed: left alone",
			name);
}

/* What follows for the others, and for its own timers. */
static void
note(struct supervisor *s, struct slot *slot, enum service_state old, uint64_t now_ms)
{
	const enum service_state state = slot->service.state;
	const uint64_t period = slot->config->life.timer_period_ms;

	if (state == old)
		return;
	s->changed = true;
	if (state != SERVICE_WAITING && state != SERVICE_STARTING &&
		state != SERVICE_ACTIVATING)
		slot->passed = true;
	if (state == SERVICE_FAILED)
		slot->fallout = true;
	/* INACTIVE is what was stopped by hand, and stays so. */
	if (service_settled(&slot->service) && state != SERVICE_INACTIVE && period > 0 &&
		slot->service.starts > 0) {
		slot->timer_ms = slot->service.started_ms + period;
		if (slot->timer_ms < now_ms)
			slot->timer_ms = now_ms;
	}
}

static void
act(struct supervisor *s, struct slot *slot, enum service_action action)
{
	int r;

	switch (action) {
	case ACTION_START:
		r = act_start(s, slot);
		if (r == 0)
			break;
		log_say("service %s: cannot start: %s", slot->config->name, strerror(-r));
		step(s, slot, EVENT_FAILED);
		break;
	case ACTION_TERM:
		act_signal(slot, SIGTERM);
		break;
	case ACTION_ABORT:
		act_signal(slot, SIGABRT);
		break;
	case ACTION_KILL:
		if (act_kill(slot))
			step(s, slot, EVENT_EMPTY);
		break;
	default:
		break;
	}
}

void
step(struct supervisor *s, struct slot *slot, enum service_event event)
{
	struct service_decision decision;
	const enum service_state old = slot->service.state;
	const uint64_t now = clock_ms();

	if (!service_step(&slot->service, slot->config, event, now, &decision))
		return;
	if (!decision.keep) {
		/* SERVICE_NO_TIMER, and any time past the end of time, is never. */
		slot->due_ms = SLOT_NEVER;
		if (decision.delay_ms < SLOT_NEVER - now)
			slot->due_ms = now + decision.delay_ms;
	}
	note(s, slot, old, now);
	say(slot, event, old, decision.delay_ms);
	act(s, slot, decision.action);
}
