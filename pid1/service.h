/* SPDX-License-Identifier: ISC */
#ifndef PID1_SERVICE_H
#define PID1_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/config.h"

/*
 * The life of one service as a pure machine: state and event in, decision out, no system
 * calls. What carries the decisions out is supervise.c.
 */
enum service_state {
	SERVICE_WAITING, /* for the services it starts after */
	SERVICE_STARTING, /* its process exists, exec not yet seen */
	SERVICE_RUNNING,
	SERVICE_CLEARING, /* main process gone, what it left behind is being killed */
	SERVICE_PAUSED, /* waits out RestartSec= or the back-off */
	SERVICE_STOPPING, /* SIGTERM sent */
	SERVICE_KILLING, /* the stop's deadline is over: everything killed, main not yet
			    gone */
	SERVICE_ENDING, /* main process gone in a stop, the rest is being killed */
	SERVICE_FINISHED, /* ended well and not to be started again */
	SERVICE_FAILED, /* ended badly and not to be started again */
	SERVICE_STOPPED,
	SERVICE_STATES
};

enum service_event {
	EVENT_READY, /* all it starts after has passed */
	EVENT_STARTED, /* exec succeeded */
	EVENT_FAILED, /* no process could be made */
	EVENT_EXITED, /* the main process was reaped: a clean end */
	EVENT_DIED, /* the main process was reaped: any other end */
	EVENT_EMPTY, /* no live process is left in its cgroup */
	EVENT_TIMER, /* the delay of the last decision is over */
	EVENT_STOP,
	EVENT_COUNT
};

enum service_action {
	ACTION_NONE,
	ACTION_START, /* make the main process; answer EVENT_FAILED at once if that fails
		       */
	ACTION_TERM, /* SIGTERM to the main process */
	ACTION_KILL, /* SIGKILL to its whole cgroup; answer EVENT_EMPTY at once if that is
			empty */
	ACTION_ABANDON, /* it cannot be killed: say so and go on */
};

#define SERVICE_NO_TIMER  UINT64_MAX
#define SERVICE_STOP_MS	  10000 /* from SIGTERM to SIGKILL */
#define SERVICE_KILL_MS	  5000 /* from SIGKILL until we go on without it */
#define SERVICE_STABLE_MS 10000 /* having run so long, the back-off starts afresh */
#define SERVICE_DELAY_MS  30000 /* the longest back-off */

struct service {
	enum service_state state;
	unsigned restarts; /* since it was last stable */
	uint64_t started_ms; /* when the main process was made */
	bool ok; /* how the last one ended */
};

struct service_decision {
	enum service_action action;
	uint64_t delay_ms; /* EVENT_TIMER is due after it; the timer of an earlier
			      decision is off */
};

/* One step; now_ms is monotonic. An event that means nothing in a state changes nothing.
 */
bool service_step(struct service *service, const struct config_service *config,
	enum service_event event, uint64_t now_ms, struct service_decision *decision);

/* True once nothing of it will run again. */
bool service_settled(const struct service *service);

const char *service_state_name(enum service_state state);

#endif
