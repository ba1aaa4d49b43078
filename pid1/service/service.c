/* SPDX-License-Identifier: ISC */
#include "service.h"

#include <stddef.h>

/* Not a state: settle() chooses. */
#define SETTLE SERVICE_STATES

/* Which time the decision's timer counts. */
enum timer {
	TIMER_OFF,
	TIMER_KEEP, /* as it was */
	TIMER_START, /* TimeoutStartSec= */
	TIMER_WATCHDOG, /* WatchdogSec= */
	TIMER_STOP, /* TimeoutStopSec= */
	TIMER_KILL, /* SERVICE_KILL_MS */
};

/* What an event does in a state; an absent one is ignored. */
struct transition {
	bool known;
	enum service_state next;
	enum service_action action;
	enum timer timer;
};

#define GO(next, action, timer)                                                          \
	{                                                                                \
		true, SERVICE_##next, ACTION_##action, TIMER_##timer                     \
	}
#define END(action)                                                                      \
	{                                                                                \
		true, SETTLE, ACTION_##action, TIMER_OFF                                 \
	}

/* Of every state with a main process that runs. */
#define LIVE                                                                             \
	[EVENT_LEAVING] = GO(STOPPING, NONE, STOP),                                      \
	[EVENT_TROUBLE] = GO(STOPPING, ABORT, STOP),                                     \
	[EVENT_STOP] = GO(STOPPING, TERM, STOP),                                         \
	[EVENT_AGAIN] = GO(STOPPING, TERM, STOP),                                        \
	[EVENT_LOST] = GO(STOPPING, TERM, STOP)

/* Of every state with a main process: its end. */
#define MAIN_ENDS                                                                        \
	[EVENT_EXITED] = GO(CLEARING, KILL, KILL),                                       \
	[EVENT_UNCLEAN] = GO(CLEARING, KILL, KILL),                                      \
	[EVENT_KILLED] = GO(CLEARING, KILL, KILL)

/* Of every state on the way down: only the goal changes. */
#define GOAL_ONLY(state)                                                                 \
	[EVENT_START] = GO(state, NONE, KEEP), [EVENT_AGAIN] = GO(state, NONE, KEEP),    \
	[EVENT_STOP] = GO(state, NONE, KEEP), [EVENT_LOST] = GO(state, NONE, KEEP)

/* Of every state in which nothing runs. */
#define AT_REST                                                                          \
	[EVENT_START] = GO(WAITING, NONE, OFF), [EVENT_AGAIN] = GO(WAITING, NONE, OFF)

static const struct transition table[SERVICE_STATES][EVENT_COUNT] =
	{
		[SERVICE_INACTIVE] = {AT_REST},
		[SERVICE_WAITING] =
			{
				[EVENT_GO] = GO(STARTING, START, START),
				[EVENT_STOP] = GO(INACTIVE, NONE, OFF),
				[EVENT_LOST] = GO(FAILED, NONE, OFF),
			},
		[SERVICE_STARTING] =
			{
				LIVE,
				MAIN_ENDS,
				[EVENT_STARTED] = GO(ACTIVATING, NONE, KEEP),
				[EVENT_READY] = GO(RUNNING, NONE, WATCHDOG),
				[EVENT_FAILED] = END(NONE),
				[EVENT_TIMER] = GO(STOPPING, TERM, STOP),
			},
		[SERVICE_ACTIVATING] =
			{
				LIVE,
				MAIN_ENDS,
				[EVENT_READY] = GO(RUNNING, NONE, WATCHDOG),
				[EVENT_TIMER] = GO(STOPPING, TERM, STOP),
			},
		[SERVICE_RUNNING] =
			{
				LIVE,
				MAIN_ENDS,
				[EVENT_ALIVE] = GO(RUNNING, NONE, WATCHDOG),
				[EVENT_TIMER] = GO(STOPPING, ABORT, STOP),
			},
		[SERVICE_STOPPING] =
			{
				MAIN_ENDS,
				GOAL_ONLY(STOPPING),
				[EVENT_TIMER] = GO(KILLING, KILL, KILL),
			},
		[SERVICE_KILLING] =
			{
				/* EVENT_EMPTY is no end here: a zombie main process is
				   not counted. */
				MAIN_ENDS,
				GOAL_ONLY(KILLING),
				[EVENT_TIMER] = GO(STUCK, ABANDON, OFF),
			},
		[SERVICE_CLEARING] =
			{
				GOAL_ONLY(CLEARING),
				[EVENT_EMPTY] = END(NONE),
				[EVENT_TIMER] = END(ABANDON),
			},
		[SERVICE_STUCK] = {MAIN_ENDS, GOAL_ONLY(STUCK)},
		[SERVICE_PAUSED] =
			{
				AT_REST,
				[EVENT_TIMER] = GO(WAITING, NONE, OFF),
				[EVENT_STOP] = GO(INACTIVE, NONE, OFF),
				[EVENT_LOST] = GO(FAILED, NONE, OFF),
			},
		[SERVICE_FINISHED] = {AT_REST},
		[SERVICE_FAILED] = {AT_REST},
};

/* RestartSec= at first, then doubled up to RestartMaxDelaySec=, so that no service spins.
 */
static uint64_t
restart_delay(const struct config_life *life, unsigned restarts)
{
	uint64_t delay = life->restart_ms;

	if (restarts == 0 || delay >= life->restart_most_ms)
		return delay;
	if (delay < 50)
		delay = 50;
	while (restarts-- > 0 && delay < life->restart_most_ms)
		delay *= 2;
	return delay < life->restart_most_ms ? delay : life->restart_most_ms;
}

/* systemd.service(5), the table at Restart=. */
static bool
restarts_after(enum service_restart restart, enum service_result result)
{
	switch (restart) {
	case RESTART_ON_SUCCESS:
		return result == RESULT_SUCCESS;
	case RESTART_ON_FAILURE:
		return result != RESULT_SUCCESS;
	case RESTART_ON_ABNORMAL:
		return result != RESULT_SUCCESS && result != RESULT_EXIT_CODE;
	case RESTART_ON_WATCHDOG:
		return result == RESULT_WATCHDOG;
	case RESTART_ALWAYS:
		return true;
	default:
		return false;
	}
}

/* Of itself, not as asked: again, or for good? */
static enum service_state
settle_by_policy(struct service *service, const struct config_service *config,
	uint64_t now_ms, struct service_decision *decision)
{
	const struct config_life *life = &config->life;

	if (!restarts_after((enum service_restart)config->restart, service->result))
		return service->result == RESULT_SUCCESS ? SERVICE_FINISHED
							 : SERVICE_FAILED;
	if (budget_spent(&service->budget, life->limit_burst, life->limit_ms, now_ms)) {
		service->result = RESULT_START_LIMIT;
		return SERVICE_FAILED;
	}
	if (service->ready_ms >= service->started_ms &&
		now_ms - service->ready_ms >= SERVICE_STABLE_MS)
		service->restarts = 0;
	decision->delay_ms = restart_delay(life, service->restarts);
	if (service->restarts < UINT32_MAX)
		service->restarts++;
	return SERVICE_PAUSED;
}

static enum service_state
settle(struct service *service, const struct config_service *config, uint64_t now_ms,
	struct service_decision *decision)
{
	switch (service->goal) {
	case GOAL_STOP:
		return SERVICE_INACTIVE;
	case GOAL_AGAIN:
		return SERVICE_WAITING;
	case GOAL_FAIL:
		service->result = RESULT_DEPENDENCY;
		return SERVICE_FAILED;
	default:
		return settle_by_policy(service, config, now_ms, decision);
	}
}

/* The first that is told of a run counts: after a timeout, the exit that it led to does
 * not. */
static void
note_result(struct service *service, const struct config_service *config,
	enum service_event event)
{
	enum service_result result = RESULT_NONE;

	switch (event) {
	case EVENT_EXITED:
		result = config->type == SERVICE_NOTIFY &&
					 (service->state == SERVICE_STARTING ||
						 service->state == SERVICE_ACTIVATING)
				 ? RESULT_PROTOCOL
				 : RESULT_SUCCESS;
		break;
	case EVENT_UNCLEAN:
		result = RESULT_EXIT_CODE;
		break;
	case EVENT_KILLED:
		result = RESULT_SIGNAL;
		break;
	case EVENT_FAILED:
		result = RESULT_RESOURCES;
		break;
	case EVENT_TROUBLE:
		result = RESULT_WATCHDOG;
		break;
	case EVENT_TIMER:
		if (service->state == SERVICE_RUNNING)
			result = RESULT_WATCHDOG;
		else if (service->state == SERVICE_STARTING ||
			 service->state == SERVICE_ACTIVATING)
			result = RESULT_TIMEOUT;
		break;
	case EVENT_LOST:
		if (service->state == SERVICE_WAITING || service->state == SERVICE_PAUSED)
			service->result = RESULT_DEPENDENCY;
		break;
	default:
		break;
	}
	if (service->result == RESULT_NONE)
		service->result = result;
}

/* What was asked last holds; but what was to be stopped is not to fail. */
static void
note_goal(struct service *service, enum service_event event)
{
	switch (event) {
	case EVENT_STOP:
		service->goal = GOAL_STOP;
		break;
	case EVENT_START:
	case EVENT_AGAIN:
		/* By hand or by a timer: what happened before is forgiven. */
		budget_clear(&service->budget);
		service->restarts = 0;
		service->goal = GOAL_AGAIN;
		break;
	case EVENT_LOST:
		if (service->goal != GOAL_STOP)
			service->goal = GOAL_FAIL;
		break;
	default:
		break;
	}
}

static uint64_t
timer_ms(enum timer timer, const struct config_life *life)
{
	switch (timer) {
	case TIMER_START:
		return life->start_ms;
	case TIMER_WATCHDOG:
		return life->watchdog_ms ? life->watchdog_ms : SERVICE_NO_TIMER;
	case TIMER_STOP:
		return life->stop_ms;
	case TIMER_KILL:
		return SERVICE_KILL_MS;
	default:
		return SERVICE_NO_TIMER;
	}
}

static void
enter(struct service *service, enum service_state next, uint64_t now_ms)
{
	if (next == SERVICE_STARTING) {
		service->result = RESULT_NONE;
		service->goal = GOAL_RUN;
		service->started_ms = now_ms;
		service->starts++;
		budget_spend(&service->budget, now_ms);
	}
	if (next == SERVICE_RUNNING && service->state != SERVICE_RUNNING)
		service->ready_ms = now_ms;
	if (next != service->state)
		service->since_ms = now_ms;
	service->state = next;
}

bool
service_step(struct service *service, const struct config_service *config,
	enum service_event event, uint64_t now_ms, struct service_decision *decision)
{
	const struct transition *t = &table[service->state][event];
	enum service_state next = t->next;
	enum timer timer = t->timer;

	if (!t->known || (event == EVENT_READY && config->type != SERVICE_NOTIFY))
		return false;
	note_result(service, config, event);
	note_goal(service, event);
	if (event == EVENT_STARTED && config->type == SERVICE_SIMPLE) {
		next = SERVICE_RUNNING;
		timer = TIMER_WATCHDOG;
	}
	decision->action = t->action;
	decision->keep = timer == TIMER_KEEP;
	decision->delay_ms = timer_ms(timer, &config->life);
	if (next == SETTLE)
		next = settle(service, config, now_ms, decision);
	enter(service, next, now_ms);
	return true;
}

bool
service_settled(const struct service *service)
{
	return service->state == SERVICE_INACTIVE || service->state == SERVICE_FINISHED ||
	       service->state == SERVICE_FAILED || service->state == SERVICE_STUCK;
}

bool
service_up(const struct service *service, const struct config_service *config)
{
	return service->state == SERVICE_RUNNING ||
	       (service->state == SERVICE_FINISHED && config->type == SERVICE_ONESHOT);
}

bool
service_has_main(const struct service *service)
{
	return service->state == SERVICE_STARTING ||
	       service->state == SERVICE_ACTIVATING ||
	       service->state == SERVICE_RUNNING || service->state == SERVICE_STOPPING ||
	       service->state == SERVICE_KILLING || service->state == SERVICE_STUCK;
}

const char *
service_state_name(enum service_state state)
{
	static const char *const names[SERVICE_STATES] = {
		[SERVICE_INACTIVE] = "inactive",
		[SERVICE_WAITING] = "waiting",
		[SERVICE_STARTING] = "starting",
		[SERVICE_ACTIVATING] = "activating",
		[SERVICE_RUNNING] = "running",
		[SERVICE_STOPPING] = "stopping",
		[SERVICE_KILLING] = "killing",
		[SERVICE_CLEARING] = "clearing",
		[SERVICE_STUCK] = "stuck",
		[SERVICE_PAUSED] = "paused",
		[SERVICE_FINISHED] = "finished",
		[SERVICE_FAILED] = "failed",
	};

	return names[state];
}

const char *
service_result_name(enum service_result result)
{
	static const char *const names[SERVICE_RESULTS] = {
		[RESULT_NONE] = "",
		[RESULT_SUCCESS] = "success",
		[RESULT_EXIT_CODE] = "exit-code",
		[RESULT_SIGNAL] = "signal",
		[RESULT_TIMEOUT] = "timeout",
		[RESULT_WATCHDOG] = "watchdog",
		[RESULT_RESOURCES] = "resources",
		[RESULT_PROTOCOL] = "protocol",
		[RESULT_DEPENDENCY] = "dependency",
		[RESULT_START_LIMIT] = "start-limit-hit",
	};

	return names[result];
}
