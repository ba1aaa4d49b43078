/* SPDX-License-Identifier: ISC */
#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/config.h"
#include "cgroup.h"
#include "clock.h"
#include "isolate.h"
#include "journal.h"
#include "limit.h"
#include "log.h"
#include "reap.h"
#include "service.h"
#include "spawn.h"

#define SELFCHECK "/sbin/selfcheck"

/* All static: nothing is allocated while the device runs. */
struct slot {
	const struct config_service *config;
	struct service service;
	char group[CGROUP_NAME];
	pid_t pid; /* of the main process, 0: none */
	int report_fd; /* set-up errors of the child, -1: none */
	int events_fd; /* cgroup.events, -1: not made yet */
	uint64_t due_ms; /* of its timer, UINT64_MAX: none */
	struct cgroup_oom oom; /* before the main process was started */
	bool passed; /* has let those after it start */
	bool reported; /* the child said why it failed */
};

static struct {
	struct slot slots[CONFIG_SERVICES +
			  1]; /* the last one in use may be the self-check */
	size_t count;
	const struct config *config;
	bool cgroups, stopping, complete;
	void (*watch_report)(int fd, size_t index);
	void (*watch_group)(int fd, size_t index);
} all;

static struct config_service selfcheck = {
	.name = "selfcheck",
	.description = "Checks the running image",
	.arguments = {SELFCHECK},
	.type = SERVICE_ONESHOT,
	.restart = RESTART_NO,
	.limits = {.memory_max = UINT64_MAX, .tasks_max = UINT64_MAX},
	.isolation = {.flags = ISOLATE_SYSTEM},
	.tty = "",
};

static void step(struct slot *slot, enum service_event event);

static void
add_slot(const struct config_service *config, const char *slice)
{
	struct slot *slot = &all.slots[all.count++];

	slot->config = config;
	slot->report_fd = slot->events_fd = -1;
	slot->due_ms = UINT64_MAX;
	snprintf(slot->group, sizeof(slot->group), "%s/%s", slice, config->name);
}

void
supervise_init(const struct config *config, bool cgroups,
	void (*watch_report)(int fd, size_t index),
	void (*watch_group)(int fd, size_t index))
{
	all.config = config;
	all.cgroups = cgroups;
	all.watch_report = watch_report;
	all.watch_group = watch_group;
	for (size_t i = 0; i < config->service_count; i++)
		add_slot(&config->services[i],
			limit_slice_name(config->services[i].limits.slice));
}

/* Makes the cgroup and the process in it; 0 or -errno. */
static int
make_process(struct slot *slot)
{
	size_t index = (size_t)(slot - all.slots);
	int cgroup_fd = -1, output_fd = -1, old_fd = slot->events_fd;
	int r = isolate_permit(slot->config);
	pid_t pid;

	if (r < 0)
		return r;
	if (all.cgroups) {
		r = cgroup_create(slot->group, slot->config, &slot->events_fd);
		if (r < 0)
			return r;
		if (old_fd < 0)
			all.watch_group(slot->events_fd, index);
		cgroup_fd = cgroup_open(slot->group);
		if (cgroup_fd < 0)
			return cgroup_fd;
		cgroup_oom(slot->group, &slot->oom);
	}
	if (!slot->config->tty[0])
		output_fd = journal_output(index);
	pid = spawn_service(slot->config, cgroup_fd, output_fd, &slot->report_fd);
	if (cgroup_fd >= 0)
		close(cgroup_fd);
	if (pid < 0)
		return pid;
	slot->pid = pid;
	slot->reported = false;
	all.watch_report(slot->report_fd, index);
	return 0;
}

static void
start(struct slot *slot)
{
	int r = make_process(slot);

	if (r == 0)
		return;
	log_say("service %s: cannot start: %s", slot->config->name, strerror(-r));
	step(slot, EVENT_FAILED);
}

static void
kill_group(struct slot *slot)
{
	int r = 0;

	if (slot->pid > 0)
		kill(slot->pid, SIGKILL);
	if (slot->events_fd >= 0)
		r = cgroup_kill(slot->group);
	if (r < 0)
		log_say("service %s: cannot kill its group: %s", slot->config->name,
			strerror(-r));
	/* No edge will come for what is empty already. */
	if (slot->events_fd < 0 || !cgroup_populated(slot->events_fd))
		step(slot, EVENT_EMPTY);
}

/* Feeds the machine and does what it decides. */
static void
step(struct slot *slot, enum service_event event)
{
	struct service_decision decision;
	enum service_state old = slot->service.state;
	uint64_t now = clock_ms();
	const char *name = slot->config->name;

	if (!service_step(&slot->service, slot->config, event, now, &decision))
		return;
	slot->due_ms = UINT64_MAX; /* which SERVICE_NO_TIMER, and any time past the end of
				      time, is */
	if (decision.delay_ms < UINT64_MAX - now)
		slot->due_ms = now + decision.delay_ms;
	/* Those after it need not wait any more: a simple one was started, a oneshot has
	 * ended. */
	if (event == EVENT_FAILED || event == EVENT_EXITED || event == EVENT_DIED ||
		event == EVENT_STOP ||
		(event == EVENT_STARTED && slot->config->type == SERVICE_SIMPLE))
		slot->passed = true;
	if (slot->service.state == SERVICE_PAUSED && old != SERVICE_PAUSED)
		log_say("service %s: starts again in %llu ms", name,
			(unsigned long long)decision.delay_ms);
	switch (decision.action) {
	case ACTION_NONE:
		break;
	case ACTION_START:
		start(slot);
		break;
	case ACTION_TERM:
		/* A shell on a terminal ignores SIGTERM; SIGCONT wakes one that SIGSTOP
		 * holds. */
		kill(slot->pid, SIGTERM);
		if (slot->config->tty[0])
			kill(slot->pid, SIGHUP);
		kill(slot->pid, SIGCONT);
		break;
	case ACTION_KILL:
		if (event == EVENT_TIMER)
			log_say("service %s: does not stop: killed", name);
		kill_group(slot);
		break;
	case ACTION_ABANDON:
		log_say("service %s: has processes that cannot be killed: left alone",
			name);
		break;
	}
}

/* True if all that the slot starts after has passed; the self-check comes after
 * everything. */
static bool
may_start(const struct slot *slot)
{
	if (slot->config == &selfcheck)
		return true;
	for (size_t i = 0; i < slot->config->after.count; i++)
		if (!all.slots[slot->config->after.index[i]].passed)
			return false;
	return true;
}

/* In a stop: true if all that started after this one has ended. */
static bool
may_stop(size_t index)
{
	for (size_t i = index + 1; i < all.count; i++) {
		const struct slot *later = &all.slots[i];
		bool after = later->config == &selfcheck;

		for (size_t k = 0; !after && k < later->config->after.count; k++)
			after = later->config->after.index[k] == index;
		if (after && !service_settled(&later->service))
			return false;
	}
	return true;
}

static void
complete(void)
{
	for (size_t i = 0; i < all.count; i++)
		if (!all.slots[i].passed)
			return;
	all.complete = true;
	log_say("boot complete");
	if (all.config->selfcheck)
		add_slot(&selfcheck, CGROUP_SYSTEM);
}

void
supervise_advance(uint64_t now_ms)
{
	for (size_t i = 0; i < all.count; i++)
		if (all.slots[i].due_ms <= now_ms)
			step(&all.slots[i], EVENT_TIMER);
	if (all.stopping) {
		for (size_t i = all.count; i-- > 0;)
			if (may_stop(i))
				step(&all.slots[i], EVENT_STOP);
		return;
	}
	if (!all.complete)
		complete();
	for (size_t i = 0; i < all.count; i++)
		if (may_start(&all.slots[i]))
			step(&all.slots[i], EVENT_READY);
}

uint64_t
supervise_deadline(void)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < all.count; i++)
		if (all.slots[i].due_ms < due)
			due = all.slots[i].due_ms;
	return due;
}

static void
say_end(const struct slot *slot, const struct reap_end *end)
{
	const char *name = slot->config->name, *why = NULL;
	struct cgroup_oom oom;

	if (end->killed && all.cgroups) {
		cgroup_oom(slot->group, &oom);
		why = cgroup_oom_reason(&slot->oom, &oom);
	}
	if (why)
		log_say("service %s: killed: out of memory: %s", name, why);
	else if (end->killed)
		log_say("service %s: ended by signal %d", name, end->value);
	else
		log_say("service %s: exited with %d", name, end->value);
}

void
supervise_ended(const struct reap_end *end)
{
	for (size_t i = 0; i < all.count; i++) {
		struct slot *slot = &all.slots[i];

		if (slot->pid != end->pid)
			continue;
		/* What the child had to say about its start comes first. */
		supervise_report(i);
		journal_ended(i);
		slot->pid = 0;
		if (!slot->reported)
			say_end(slot, end);
		step(slot, reap_is_clean(end) ? EVENT_EXITED : EVENT_DIED);
		return;
	}
}

void
supervise_report(size_t index)
{
	struct slot *slot = &all.slots[index];
	struct spawn_report report;
	ssize_t n;

	if (slot->report_fd < 0)
		return;
	n = read(slot->report_fd, &report, sizeof(report));
	if (n < 0)
		return; /* EAGAIN: the child is still at it */
	close(slot->report_fd);
	slot->report_fd = -1;
	if (n == sizeof(report)) {
		/* Its exit follows, and that is what the machine is told. */
		slot->reported = true;
		log_say("service %s: cannot %s (%s): %s", slot->config->name,
			spawn_stage_name(report.stage),
			spawn_subject(slot->config, &report), strerror(report.error));
		return;
	}
	log_say("service %s: started, pid %d", slot->config->name, (int)slot->pid);
	step(slot, EVENT_STARTED);
}

void
supervise_group(size_t index)
{
	struct slot *slot = &all.slots[index];

	if (!cgroup_populated(slot->events_fd))
		step(slot, EVENT_EMPTY);
}

void
supervise_stop(void)
{
	all.stopping = true;
}

bool
supervise_stopped(void)
{
	for (size_t i = 0; i < all.count; i++)
		if (!service_settled(&all.slots[i].service))
			return false;
	return true;
}
