/* SPDX-License-Identifier: ISC */
#include "service.h"

#include <stddef.h>

/* Ends in one of SERVICE_PAUSED, SERVICE_FINISHED, SERVICE_FAILED: settle() chooses. */
#define SETTLE SERVICE_STATES

/* What an event does in a state; an absent one has no timer and is ignored. */
struct transition {
	bool known;
	enum service_state next;
	enum service_action action;
	uint64_t delay_ms;
};

#define GO(next, action, delay)                                                          \
	{                                                                                \
		true, next, action, delay                                                \
	}
#define NO_TIMER SERVICE_NO_TIMER

static const struct transition table[SERVICE_STATES][EVENT_COUNT] = {
	[SERVICE_WAITING] =
		{
			[EVENT_READY] = GO(SERVICE_STARTING, ACTION_START, NO_TIMER),
			[EVENT_STOP] = GO(SERVICE_STOPPED, ACTION_NONE, NO_TIMER),
		},
	[SERVICE_STARTING] =
		{
			[EVENT_STARTED] = GO(SERVICE_RUNNING, ACTION_NONE, NO_TIMER),
			[EVENT_FAILED] = GO(SETTLE, ACTION_NONE, NO_TIMER),
			[EVENT_EXITED] =
				GO(SERVICE_CLEARING, ACTION_KILL, SERVICE_KILL_MS),
			[EVENT_DIED] = GO(SERVICE_CLEARING, ACTION_KILL, SERVICE_KILL_MS),
			[EVENT_STOP] = GO(SERVICE_STOPPING, ACTION_TERM, SERVICE_STOP_MS),
		},
	[SERVICE_RUNNING] =
		{
			[EVENT_EXITED] =
				GO(SERVICE_CLEARING, ACTION_KILL, SERVICE_KILL_MS),
			[EVENT_DIED] = GO(SERVICE_CLEARING, ACTION_KILL, SERVICE_KILL_MS),
			[EVENT_STOP] = GO(SERVICE_STOPPING, ACTION_TERM, SERVICE_STOP_MS),
		},
	[SERVICE_CLEARING] =
		{
			[EVENT_EMPTY] = GO(SETTLE, ACTION_NONE, NO_TIMER),
			[EVENT_TIMER] = GO(SETTLE, ACTION_ABANDON, NO_TIMER),
			[EVENT_STOP] = GO(SERVICE_ENDING, ACTION_KILL, SERVICE_KILL_MS),
		},
	[SERVICE_PAUSED] =
		{
			[EVENT_TIMER] = GO(SERVICE_STARTING, ACTION_START, NO_TIMER),
			[EVENT_STOP] = GO(SERVICE_STOPPED, ACTION_NONE, NO_TIMER),
		},
	[SERVICE_STOPPING] =
		{
			[EVENT_EXITED] = GO(SERVICE_ENDING, ACTION_KILL, SERVICE_KILL_MS),
			[EVENT_DIED] = GO(SERVICE_ENDING, ACTION_KILL, SERVICE_KILL_MS),
			[EVENT_TIMER] = GO(SERVICE_KILLING, ACTION_KILL, SERVICE_KILL_MS),
		},
	[SERVICE_KILLING] =
		{
			/* EVENT_EMPTY is no end here: a zombie main process is not
			   counted. */
			[EVENT_EXITED] = GO(SERVICE_ENDING, ACTION_KILL, SERVICE_KILL_MS),
			[EVENT_DIED] = GO(SERVICE_ENDING, ACTION_KILL, SERVICE_KILL_MS),
			[EVENT_TIMER] = GO(SERVICE_STOPPED, ACTION_ABANDON, NO_TIMER),
		},
	[SERVICE_ENDING] =
		{
			[EVENT_EMPTY] = GO(SERVICE_STOPPED, ACTION_NONE, NO_TIMER),
			[EVENT_TIMER] = GO(SERVICE_STOPPED, ACTION_ABANDON, NO_TIMER),
		},
	[SERVICE_FINISHED] =
		{
			[EVENT_STOP] = GO(SERVICE_STOPPED, ACTION_NONE, NO_TIMER),
		},
	[SERVICE_FAILED] =
		{
			[EVENT_STOP] = GO(SERVICE_STOPPED, ACTION_NONE, NO_TIMER),
		},
};

/* RestartSec= at first, then doubled up to SERVICE_DELAY_MS, so that no service spins. */
static uint64_t
restart_delay(const struct config_service *config, unsigned restarts)
{
	uint64_t delay = config->restart_ms;

	if (restarts == 0 || delay >= SERVICE_DELAY_MS)
		return delay;
	if (delay < 50)
		delay = 50;
	while (restarts-- > 0 && delay < SERVICE_DELAY_MS)
		delay *= 2;
	return delay < SERVICE_DELAY_MS ? delay : SERVICE_DELAY_MS;
}

/* It is over and cleared away: again, or for good? */
static void
settle(struct service *service, const struct config_service *config, uint64_t now_ms,
	struct service_decision *decision)
{
	if (config->restart == RESTART_NO ||
		(config->restart == RESTART_ON_FAILURE && service->ok)) {
		service->state = service->ok ? SERVICE_FINISHED : SERVICE_FAILED;
		return;
	}
	if (now_ms - service->started_ms >= SERVICE_STABLE_MS)
		service->restarts = 0;
	decision->delay_ms = restart_delay(config, service->restarts);
	if (service->restarts < UINT32_MAX)
		service->restarts++;
	service->state = SERVICE_PAUSED;
}

bool
service_step(struct service *service, const struct config_service *config,
	enum service_event event, uint64_t now_ms, struct service_decision *decision)
{
	const struct transition *t = &table[service->state][event];

	if (!t->known)
		return false;
	decision->action = t->action;
	decision->delay_ms = t->delay_ms;
	if (event == EVENT_EXITED || event == EVENT_DIED || event == EVENT_FAILED)
		service->ok = event == EVENT_EXITED;
	if (t->action == ACTION_START)
		service->started_ms = now_ms;
	if (t->next == SETTLE)
		settle(service, config, now_ms, decision);
	else
		service->state = t->next;
	return true;
}

bool
service_settled(const struct service *service)
{
	return service->state == SERVICE_FINISHED || service->state == SERVICE_FAILED ||
	       service->state == SERVICE_STOPPED;
}

const char *
service_state_name(enum service_state state)
{
	static const char *const names[SERVICE_STATES] = {
		[SERVICE_WAITING] = "waiting",
		[SERVICE_STARTING] = "starting",
		[SERVICE_RUNNING] = "running",
		[SERVICE_CLEARING] = "clearing",
		[SERVICE_PAUSED] = "paused",
		[SERVICE_STOPPING] = "stopping",
		[SERVICE_KILLING] = "killing",
		[SERVICE_ENDING] = "ending",
		[SERVICE_FINISHED] = "finished",
		[SERVICE_FAILED] = "failed",
		[SERVICE_STOPPED] = "stopped",
	};

	return names[state];
}
