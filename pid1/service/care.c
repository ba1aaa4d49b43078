/* SPDX-License-Identifier: ISC */
#include "care.h"

#include <stdio.h>
#include <string.h>

#include "lib/config.h"
#include "pid1/isolate/cgroup.h"
#include "pid1/base/clock.h"
#include "pid1/log/log.h"
#include "step.h"
#include "pid1/base/timeline.h"

static struct {
	struct health health;
	const struct config_health *config;
	struct config_service commands[2]; /* by healthy, unhealthy */
	struct slot *last; /* the unhealthy command, once it runs */
	bool watched; /* there is something to be healthy, or to be told */
	bool resigned; /* not judged until the boot is complete after all */
} care;

static void
make_command(struct config_service *to, const char *name, const char *const *words)
{
	if (!words[0])
		return;
	*to = (struct config_service){
		.name = name,
		.description = "What the board does when it is so",
		.type = SERVICE_ONESHOT,
		.restart = RESTART_NO,
		.life = {.start_ms = care.config->timeout_ms,
			.stop_ms = 1000,
			.timer_boot_ms = CONFIG_NEVER},
		.limits = {.memory_max = UINT64_MAX, .tasks_max = UINT64_MAX},
		.isolation = {.flags = ISOLATE_SYSTEM},
		.tty = "",
	};
	for (size_t i = 0; words[i]; i++)
		to->arguments[i] = words[i];
}

void
care_init(const struct supervisor *s)
{
	care.config = &s->config->health;
	health_init(&care.health);
	make_command(&care.commands[0], "healthy", care.config->healthy);
	make_command(&care.commands[1], "unhealthy", care.config->unhealthy);
	care.watched = care.config->healthy[0] || care.config->unhealthy[0];
	for (size_t i = 0; i < s->config->service_count; i++)
		if (s->config->services[i].life.critical)
			care.watched = true;
}

/* It will not come back by itself: what it has is all that it will have. */
static bool
is_dead(const struct slot *slot)
{
	if (slot->service.state == SERVICE_FAILED)
		return true;
	return slot->service.state == SERVICE_FINISHED &&
	       slot->config->type != SERVICE_ONESHOT;
}

static bool
is_at_limit(const struct slot *slot, enum limit_action action)
{
	return slot->service.state == SERVICE_FAILED &&
	       slot->service.result == RESULT_START_LIMIT &&
	       slot->config->life.limit_action == action;
}

static void
look(const struct supervisor *s, struct health_view *view)
{
	*view = (struct health_view){.up = s->complete};
	for (size_t i = 0; i < s->config->service_count; i++) {
		const struct slot *slot = &s->slots[i];

		if (is_at_limit(slot, LIMIT_UNHEALTHY) ||
			(slot->config->life.critical && is_dead(slot))) {
			view->dead = slot->config->name;
			view->result = service_result_name(slot->service.result);
		}
		if (!slot->config->life.critical)
			continue;
		view->starts += slot->service.starts;
		if (service_up(&slot->service, slot->config))
			continue;
		view->up = false;
		view->missing = slot->config->name;
		view->state = service_state_name(slot->service.state);
	}
}

static void
wish(struct supervisor *s, enum supervise_wish what, const char *why)
{
	if (s->wish != WISH_NONE)
		return;
	s->wish = what;
	s->why = why;
}

static struct slot *
run_command(struct supervisor *s, struct config_service *command)
{
	struct slot *slot;

	if (!command->arguments[0])
		return NULL;
	slot = step_add(s, command, CGROUP_SYSTEM);
	step(s, slot, EVENT_START);
	return slot;
}

static void
judge(struct supervisor *s)
{
	struct config_service *command = &care.commands[1];
	size_t n = 0;

	if (care.health.phase == HEALTH_GOOD) {
		timeline_mark("boot", "", "healthy");
		log_say("health: healthy: every critical service was up for %llu ms",
			(unsigned long long)care.config->trial_ms);
		run_command(s, &care.commands[0]);
		return;
	}
	log_say("health: unhealthy: %s", care.health.why);
	while (command->arguments[n])
		n++;
	if (n > 0)
		command->arguments[n] = care.health.why;
	care.last = run_command(s, command);
	if (!care.last)
		wish(s, WISH_UNHEALTHY, care.health.why);
}

/* StartLimitAction= of services that need not be critical. */
static void
heed_limits(struct supervisor *s)
{
	static char why[HEALTH_WHY];

	for (size_t i = 0; i < s->config->service_count; i++) {
		const struct slot *slot = &s->slots[i];
		bool off = is_at_limit(slot, LIMIT_POWEROFF);

		if (!off && !is_at_limit(slot, LIMIT_REBOOT))
			continue;
		snprintf(why, sizeof(why), "service %s: start-limit-hit",
			slot->config->name);
		wish(s, off ? WISH_POWEROFF : WISH_REBOOT, why);
		return;
	}
}

static bool
is_judged(const struct supervisor *s)
{
	return care.watched && (s->complete || !care.resigned);
}

void
care_advance(struct supervisor *s, uint64_t now_ms)
{
	struct health_view view;

	if (s->stopping)
		return;
	heed_limits(s);
	look(s, &view);
	if ((is_judged(s) || view.dead) &&
		health_step(&care.health, care.config, &view, now_ms))
		judge(s);
	if (care.last && service_settled(&care.last->service))
		wish(s, WISH_UNHEALTHY, care.health.why);
}

uint64_t
care_deadline(const struct supervisor *s)
{
	if (s->stopping || !is_judged(s))
		return HEALTH_NEVER;
	return health_due(&care.health, care.config);
}

bool
health_feeds(uint64_t now_ms)
{
	return health_may_feed(&care.health, care.config, now_ms);
}

void
supervise_resign(void)
{
	care.resigned = true;
}

enum health_phase
supervise_health(const char **why)
{
	*why = care.health.why;
	return care.health.phase;
}
