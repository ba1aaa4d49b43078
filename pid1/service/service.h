/* SPDX-License-Identifier: ISC */
#ifndef PID1_SERVICE_H
#define PID1_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config.h"
#include "budget.h"

/* clang-format off */
/*
 * The life of one service as a pure machine: state and event in, decision out, no system
 * calls. What carries the decisions out is supervise.c.
 *
 *   state       event                        what happens; any other event is ignored
 *   INACTIVE    START, AGAIN                 WAITING
 *   WAITING     GO                           STARTING, process made
 *               STOP / LOST                  INACTIVE / FAILED
 *   STARTING    STARTED                      RUNNING (simple) or ACTIVATING
 *               READY / FAILED               RUNNING / settle
 *               TIMER                        STOPPING, SIGTERM (timeout)
 *   ACTIVATING  READY                        RUNNING
 *               TIMER                        STOPPING, SIGTERM (timeout)
 *   RUNNING     ALIVE                        its watchdog starts afresh
 *               TIMER                        STOPPING, SIGABRT (watchdog)
 *   these three EXITED, UNCLEAN, KILLED      CLEARING, rest killed
 *               STOP, AGAIN, LOST            STOPPING, SIGTERM
 *               LEAVING / TROUBLE            STOPPING, no signal / SIGABRT
 *   STOPPING    EXITED, UNCLEAN, KILLED      CLEARING, rest killed
 *               TIMER                        KILLING, all killed
 *   KILLING     EXITED, UNCLEAN, KILLED      CLEARING, rest killed
 *               TIMER                        STUCK
 *   CLEARING    EMPTY, TIMER                 settle
 *   STUCK       EXITED, UNCLEAN, KILLED      CLEARING, rest killed
 *   these four  START, AGAIN, STOP, LOST     change only what settle will do
 *   PAUSED      TIMER, START, AGAIN          WAITING
 *               STOP / LOST                  INACTIVE / FAILED
 *   FINISHED    START, AGAIN                 WAITING
 *   FAILED      START, AGAIN                 WAITING
 *
 *   settle: INACTIVE after STOP, WAITING after AGAIN or START, FAILED after LOST; else by
 *   Restart= and the budget: PAUSED, FINISHED or FAILED
 *
 * Invariants, tested by a million random strings of events:
 *  - never two main processes: one is made by GO only, out of WAITING, where none lives;
 *  - no exit is lost: wherever a main process may live, its end has a transition;
 *  - every stop ends: STOPPING, KILLING, CLEARING and PAUSED have a timer, and timers
 *    alone lead from any of them to a settled state, however the processes behave;
 *  - every start ends: STARTING and ACTIVATING have a timer;
 *  - after STOP nothing starts before START or AGAIN.
 */
/* clang-format on */
enum service_state {
	SERVICE_INACTIVE, /* not asked for, or stopped as asked */
	SERVICE_WAITING, /* to be started, once what it comes after lets it */
	SERVICE_STARTING, /* its process exists, exec not yet seen */
	SERVICE_ACTIVATING, /* notify: not ready yet; oneshot: at work */
	SERVICE_RUNNING, /* ready */
	SERVICE_STOPPING, /* the main process was told to end */
	SERVICE_KILLING, /* everything killed, the main process not yet gone */
	SERVICE_CLEARING, /* main process gone, what it left behind is being killed */
	SERVICE_STUCK, /* killed, but the kernel does not let the main process go */
	SERVICE_PAUSED, /* waits out RestartSec= or the back-off */
	SERVICE_FINISHED, /* ended well and not to be started again */
	SERVICE_FAILED, /* for good */
	SERVICE_STATES
};

enum service_event {
	EVENT_START, /* asked for: at boot, by hand, by its timer, by another service */
	EVENT_GO, /* all it starts after lets it */
	EVENT_STARTED, /* exec succeeded */
	EVENT_FAILED, /* no process could be made */
	EVENT_READY, /* it said so; only with Type=notify */
	EVENT_ALIVE, /* WATCHDOG=1 */
	EVENT_TROUBLE, /* WATCHDOG=trigger */
	EVENT_LEAVING, /* STOPPING=1 */
	EVENT_EXITED, /* the main process was reaped: a clean end */
	EVENT_UNCLEAN, /* the same: another exit status */
	EVENT_KILLED, /* the same: by a signal */
	EVENT_EMPTY, /* no live process is left in its cgroup */
	EVENT_TIMER, /* the delay of the last decision is over */
	EVENT_STOP, /* asked for */
	EVENT_AGAIN, /* asked for: stop, then start */
	EVENT_LOST, /* what it requires is gone for good */
	EVENT_COUNT
};

enum service_action {
	ACTION_NONE,
	ACTION_START, /* make the main process; answer EVENT_FAILED at once if that fails
		       */
	ACTION_TERM, /* SIGTERM to the main process */
	ACTION_ABORT, /* SIGABRT to the main process */
	ACTION_KILL, /* SIGKILL to its whole cgroup; answer EVENT_EMPTY at once if that is
			empty */
	ACTION_ABANDON, /* it cannot be killed: say so and go on */
};

/* How the last run ended; as systemd.exec(5), $SERVICE_RESULT. */
enum service_result {
	RESULT_NONE, /* not yet */
	RESULT_SUCCESS,
	RESULT_EXIT_CODE,
	RESULT_SIGNAL,
	RESULT_TIMEOUT, /* not ready, or a oneshot not done, within TimeoutStartSec= */
	RESULT_WATCHDOG,
	RESULT_RESOURCES, /* no process could be made */
	RESULT_PROTOCOL, /* ended well, but never said that it is ready */
	RESULT_DEPENDENCY,
	RESULT_START_LIMIT,
	SERVICE_RESULTS
};

/* What settling leads to. */
enum service_goal { GOAL_RUN, GOAL_STOP, GOAL_AGAIN, GOAL_FAIL };

#define SERVICE_NO_TIMER  UINT64_MAX
#define SERVICE_KILL_MS	  5000 /* from SIGKILL until we go on without it */
#define SERVICE_STABLE_MS 10000 /* ready so long, the back-off starts afresh */

struct service {
	enum service_state state;
	enum service_result result;
	enum service_goal goal;
	unsigned restarts; /* since it was last stable: for the back-off */
	unsigned starts; /* of its process, in all */
	uint64_t started_ms; /* when the main process was made */
	uint64_t ready_ms; /* when it last became ready */
	uint64_t since_ms; /* when this state was entered */
	struct budget budget; /* of starts, StartLimitBurst= */
};

struct service_decision {
	enum service_action action;
	bool keep; /* the timer stays as it is, delay_ms says nothing */
	uint64_t delay_ms; /* EVENT_TIMER is due after it; the timer of an earlier
			      decision is off */
};

/* One step; now_ms is monotonic. False: the event means nothing in that state, and
 * nothing changed. */
bool service_step(struct service *service, const struct config_service *config,
	enum service_event event, uint64_t now_ms, struct service_decision *decision);

/* True once nothing of it will run again by itself. */
bool service_settled(const struct service *service);

/* True if it does what it is for: it is ready, or was a oneshot that ended well. */
bool service_up(const struct service *service, const struct config_service *config);

/* True if its main process may live. */
bool service_has_main(const struct service *service);

const char *service_state_name(enum service_state state);
const char *service_result_name(enum service_result result);

#endif
