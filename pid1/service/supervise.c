/* SPDX-License-Identifier: ISC */
#include "supervise.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/config.h"
#include "act.h"
#include "care.h"
#include "pid1/isolate/cgroup.h"
#include "pid1/base/clock.h"
#include "death.h"
#include "helper.h"
#include "pid1/isolate/isolate.h"
#include "pid1/log/journal.h"
#include "pid1/isolate/limit.h"
#include "pid1/log/log.h"
#include "notify.h"
#include "notify_socket.h"
#include "order.h"
#include "reap.h"
#include "slot.h"
#include "pid1/isolate/spawn.h"
#include "step.h"
#include "pid1/base/timeline.h"
#include "pid1/base/watch.h"

#define SELFCHECK "/sbin/selfcheck"
/* At most so many a call: what comes in meanwhile is looked at in between. */
#define STARTS_MOST   32
#define MESSAGES_MOST 32
#define DESCRIPTORS   4096

static struct supervisor all;

static const struct config_service selfcheck = {
	.name = "selfcheck",
	.description = "Checks the running image",
	.arguments = {SELFCHECK},
	.type = SERVICE_ONESHOT,
	.restart = RESTART_NO,
	.life = {.start_ms = 300 * 1000, .stop_ms = 1000, .timer_boot_ms = CONFIG_NEVER},
	.limits = {.memory_max = UINT64_MAX, .tasks_max = UINT64_MAX},
	.isolation = {.flags = ISOLATE_SYSTEM},
	.tty = "",
};

void
supervise_init(
	const struct config *config, bool cgroups, const struct supervise_watch *watch)
{
	const struct rlimit files = {DESCRIPTORS, DESCRIPTORS};

	/* Each service takes up to seven: its group's, its log's, its notify socket. */
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		log_say("RLIMIT_NOFILE: %s", strerror(errno));
	all.config = config;
	all.cgroups = cgroups;
	all.watch = *watch;
	care_init(&all);
	notify_setup();
	for (size_t i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];
		struct slot *slot =
			step_add(&all, service, limit_slice_name(service->limits.slice));

		slot->timer_ms = service->life.timer_boot_ms;
		if (service->life.at_boot)
			step(&all, slot, EVENT_START);
	}
	all.changed = true;
}

/* Those that failed for good take down what requires them, and call for help. */
static void
fall_out(struct slot *slot)
{
	const struct config_relation *on_failure = &slot->config->on_failure;
	size_t index = (size_t)(slot - all.slots);

	slot->fallout = false;
	for (size_t i = 0; i < all.count; i++) {
		const struct config_relation *requires = &all.slots[i].config->requires;

		for (size_t k = 0; k < requires->count; k++)
			if (requires->index[k] == index)
				step(&all, &all.slots[i], EVENT_LOST);
	}
	for (size_t k = 0; k < on_failure->count && !all.stopping; k++)
		step(&all, &all.slots[on_failure->index[k]], EVENT_START);
}

/* Does what was asked, each as soon as nothing that started after it is in the way. */
static void
do_asked(void)
{
	bool held[SUPERVISE_SLOTS];

	order_held(&all, held);
	for (size_t i = all.count; i-- > 0;) {
		struct slot *slot = &all.slots[i];
		enum slot_ask ask = slot->ask;

		if (ask == ASK_NONE || held[i])
			continue;
		slot->ask = ASK_NONE;
		all.changed = true;
		if (ask == ASK_STOP)
			slot->timer_ms = SLOT_NEVER;
		step(&all, slot, ask == ASK_STOP ? EVENT_STOP : EVENT_AGAIN);
	}
}

static void
complete(void)
{
	for (size_t i = 0; i < all.count; i++)
		if (!all.slots[i].passed)
			return;
	for (size_t i = 0; i < all.config->mount_count; i++)
		if (!(all.config->mounts[i].flags & MOUNT_NOFAIL) &&
			!(all.mounts_up & (uint32_t)1 << i))
			return;
	all.complete = true;
	timeline_mark("boot", "", "complete");
	log_say("boot complete");
	if (all.config->selfcheck)
		step(&all, step_add(&all, &selfcheck, CGROUP_SYSTEM), EVENT_START);
}

/* In start order, so that one pass sees a whole chain; the number of starts. */
static size_t
start_all(void)
{
	size_t starts = 0;

	for (size_t i = 0; i < all.count && starts < STARTS_MOST; i++) {
		struct slot *slot = &all.slots[i];
		enum order_say say;

		if (slot->service.state != SERVICE_WAITING || slot->ask != ASK_NONE)
			continue;
		say = order_start(&all, i);
		if (say == ORDER_GO) {
			starts++;
			step(&all, slot, EVENT_GO);
			/* The others can wait until its program runs. */
			if (slot->config->life.critical)
				sched_yield();
		} else if (say == ORDER_HELD && !slot->passed) {
			/* Its own turn is over: those after it do not wait for it. */
			slot->passed = true;
			all.changed = true;
		}
	}
	return starts;
}

static void
fire_timers(uint64_t now_ms)
{
	for (size_t i = 0; i < all.count; i++) {
		struct slot *slot = &all.slots[i];

		if (slot->due_ms <= now_ms) {
			slot->due_ms = SLOT_NEVER;
			step(&all, slot, EVENT_TIMER);
		}
		if (slot->timer_ms <= now_ms && !all.stopping) {
			slot->timer_ms = SLOT_NEVER;
			step(&all, slot, EVENT_START);
		}
	}
}

void
supervise_advance(uint64_t now_ms)
{
	size_t starts = 0;

	fire_timers(now_ms);
	care_advance(&all, now_ms);
	helper_advance(&all);
	while (all.changed && starts < STARTS_MOST) {
		all.changed = false;
		for (size_t i = 0; i < all.count; i++)
			if (all.slots[i].fallout)
				fall_out(&all.slots[i]);
		do_asked();
		if (all.stopping)
			continue;
		starts += start_all();
		if (!all.complete)
			complete();
		care_advance(&all, now_ms);
	}
	/* The programs first; what is to be noted of them can wait for its turn. */
	if (starts > 0)
		sched_yield();
}

uint64_t
supervise_deadline(void)
{
	uint64_t due = all.changed ? 0 : care_deadline(&all);

	for (size_t i = 0; i < all.count; i++) {
		const struct slot *slot = &all.slots[i];

		if (slot->due_ms < due)
			due = slot->due_ms;
		if (slot->timer_ms < due && !all.stopping)
			due = slot->timer_ms;
	}
	return due;
}

/* What the child says of its set-up; with its end nothing more will come. */
static void
take_report(struct slot *slot, pid_t pid, bool ended)
{
	struct spawn_report report;
	ssize_t n;

	if (slot->report_fd < 0)
		return;
	n = read(slot->report_fd, &report, sizeof(report));
	if (n < 0 && !ended)
		return; /* EAGAIN: the child is still at it */
	watch_close(slot->report_fd);
	slot->report_fd = -1;
	if (n == sizeof(report)) {
		/* Its exit follows, and that is what the machine is told. */
		slot->reported = true;
		log_say("service %s: cannot %s (%s): %s", slot->config->name,
			spawn_stage_name(report.stage),
			spawn_subject(slot->config, &report), strerror(report.error));
		return;
	}
	timeline_mark("service", slot->config->name, "started");
	log_say("service %s: started, pid %d", slot->config->name, (int)pid);
	step(&all, slot, EVENT_STARTED);
}

void
supervise_report(size_t index)
{
	take_report(&all.slots[index], all.slots[index].pid, false);
}

void
supervise_group(size_t index)
{
	struct slot *slot = &all.slots[index];

	if (!cgroup_populated(slot->events_fd))
		step(&all, slot, EVENT_EMPTY);
}

/* Once a run: who sends nonsense does so often. */
static void
scold(struct slot *slot, const char *what)
{
	if (!slot->scolded)
		log_say("service %s: notify: %s: ignored", slot->config->name, what);
	slot->scolded = true;
}

static void
take_message(struct slot *slot, const char *text, size_t size)
{
	struct notify notify;

	if (!notify_parse(text, size, &notify, slot->said, sizeof(slot->said))) {
		scold(slot, "a message that is no KEY=VALUE");
		return;
	}
	/* It may be faster than the news that its exec succeeded. */
	if (slot->service.state == SERVICE_STARTING)
		take_report(slot, slot->pid, false);
	if (notify.ready)
		step(&all, slot, EVENT_READY);
	if (notify.alive)
		step(&all, slot, EVENT_ALIVE);
	if (notify.trouble)
		step(&all, slot, EVENT_TROUBLE);
	if (notify.stopping)
		step(&all, slot, EVENT_LEAVING);
}

static void
take_newline(struct slot *slot)
{
	char text[512];
	ssize_t n = read(slot->notify_fd, text, sizeof(text));

	if (n < 0)
		return; /* EAGAIN */
	if (n > 0 && !memchr(text, '\n', (size_t)n))
		return;
	/* Said, or closed without a word: nothing more is listened to. */
	watch_close(slot->notify_fd);
	slot->notify_fd = -1;
	if (slot->service.state == SERVICE_STARTING)
		take_report(slot, slot->pid, false);
	if (n > 0)
		step(&all, slot, EVENT_READY);
}

void
supervise_notify(size_t index)
{
	struct slot *slot = &all.slots[index];
	char text[NOTIFY_MESSAGE];

	if (slot->notify_fd < 0)
		return;
	if (slot->config->life.notify_fd > 0) {
		take_newline(slot);
		return;
	}
	for (int i = 0; i < MESSAGES_MOST; i++) {
		bool own;
		ssize_t n = notify_read(slot->notify_fd, text, sizeof(text),
			all.cgroups ? slot->group : NULL, slot->pid, &own);

		if (n < 0 && n != -EPROTO)
			return;
		if (!own)
			scold(slot, "a message from outside of its cgroup");
		else if (n < 0)
			scold(slot, "a message that is too long");
		else
			take_message(slot, text, (size_t)n);
	}
}

void
supervise_ended(const struct reap_end *end)
{
	for (size_t i = 0; i < all.count; i++) {
		struct slot *slot = &all.slots[i];

		if (slot->pid != end->pid)
			continue;
		if (end->gone)
			slot->pid = 0;
		/* What it had to say comes first: of its start, its readiness, its work.
		 */
		take_report(slot, end->pid, true);
		supervise_notify(i);
		journal_ended(i);
		act_ended(slot);
		slot->status = end->killed ? -1 : end->value;
		if (!slot->reported)
			death_say(&all, slot, end);
		step(&all, slot, death_event(slot, end));
		return;
	}
}

bool
supervise_holds(void)
{
	for (size_t i = 0; i < all.count; i++)
		if (all.slots[i].pid > 0 && all.slots[i].notify_fd >= 0 &&
			all.slots[i].config->life.notify_fd == 0)
			return true;
	return false;
}

void
supervise_stop(void)
{
	all.stopping = all.changed = true;
	for (size_t i = 0; i < all.count; i++)
		all.slots[i].ask = ASK_STOP;
}

bool
supervise_stopped(void)
{
	for (size_t i = 0; i < all.count; i++)
		if (!service_settled(&all.slots[i].service))
			return false;
	return true;
}

int
supervise_helper(const struct config_service *config,
	void (*over)(const struct config_service *config, int status))
{
	return all.stopping ? -ESHUTDOWN : helper_start(&all, config, over);
}

void
supervise_mounts(uint32_t up, uint32_t settled)
{
	all.mounts_up = up;
	all.mounts_settled = settled;
	all.changed = true;
}

bool
supervise_complete(void)
{
	return all.complete;
}

enum supervise_wish
supervise_wish(const char **why)
{
	*why = all.why;
	return all.wish;
}

int
supervise_find(const char *name)
{
	for (size_t i = 0; i < all.config->service_count; i++)
		if (strcmp(all.config->services[i].name, name) == 0)
			return (int)i;
	return -1;
}

int
supervise_request(const char *name, enum supervise_request request)
{
	bool marked[SUPERVISE_SLOTS] = {false};
	int index = supervise_find(name);

	if (index < 0)
		return -ENOENT;
	if (all.stopping)
		return -ESHUTDOWN;
	marked[index] = true;
	if (request == REQUEST_START)
		order_mark_needed(&all, marked);
	else
		order_mark_dependants(&all, marked);
	for (size_t i = 0; i < all.count; i++) {
		struct slot *slot = &all.slots[i];

		if (!marked[i])
			continue;
		if (request == REQUEST_START) {
			slot->ask = ASK_NONE;
			if (i == (size_t)index ||
				!service_up(&slot->service, slot->config))
				step(&all, slot, EVENT_START);
		} else if (i == (size_t)index || !service_settled(&slot->service)) {
			slot->ask = request == REQUEST_STOP ? ASK_STOP : ASK_AGAIN;
		}
	}
	all.changed = true;
	return 0;
}

bool
supervise_status(size_t index, struct supervise_status *status)
{
	const struct slot *slot = &all.slots[index];

	if (index >= all.count)
		return false;
	*status = (struct supervise_status){
		.config = slot->config,
		.state = slot->service.state,
		.result = slot->service.result,
		.said = slot->said,
		.group = slot->group,
		.pid = slot->pid,
		.restarts = slot->service.starts > 0 ? slot->service.starts - 1 : 0,
		.since_ms = slot->service.since_ms,
		.up = service_up(&slot->service, slot->config),
	};
	return true;
}
