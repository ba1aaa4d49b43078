/* SPDX-License-Identifier: ISC */
#include "health.h"

#include <stdio.h>

void
health_init(struct health *health)
{
	*health = (struct health){
		.phase = HEALTH_TRIAL, .up_ms = HEALTH_NEVER, .bad_ms = HEALTH_NEVER};
}

/* Since when all are up, or not. */
static void
follow(struct health *health, const struct health_view *view, uint64_t now_ms)
{
	if (!view->up) {
		if (health->up_ms != HEALTH_NEVER)
			health->down_ms = now_ms;
		health->up_ms = HEALTH_NEVER;
	} else if (health->up_ms == HEALTH_NEVER || health->starts != view->starts) {
		health->up_ms = now_ms;
		health->starts = view->starts;
	}
}

static bool
is_late(const struct health *health, const struct config_health *config, uint64_t now_ms)
{
	uint64_t since = health->phase == HEALTH_GOOD ? health->down_ms : 0;

	return health->up_ms == HEALTH_NEVER && now_ms - since >= config->deadline_ms;
}

bool
health_step(struct health *health, const struct config_health *config,
	const struct health_view *view, uint64_t now_ms)
{
	if (health->phase == HEALTH_BAD)
		return false;
	follow(health, view, now_ms);
	if (view->dead)
		snprintf(health->why, sizeof(health->why), "service %s: %s", view->dead,
			view->result);
	else if (is_late(health, config, now_ms))
		snprintf(health->why, sizeof(health->why), "service %s: %s for %llu s",
			view->missing ? view->missing : "(boot)",
			view->state ? view->state : "not complete",
			(unsigned long long)config->deadline_ms / 1000);
	else if (health->phase == HEALTH_TRIAL && health->up_ms != HEALTH_NEVER &&
		 now_ms - health->up_ms >= config->trial_ms) {
		health->phase = HEALTH_GOOD;
		return true;
	} else {
		return false;
	}
	health->phase = HEALTH_BAD;
	health->bad_ms = now_ms;
	return true;
}

uint64_t
health_due(const struct health *health, const struct config_health *config)
{
	if (health->phase == HEALTH_BAD)
		return HEALTH_NEVER;
	if (health->up_ms == HEALTH_NEVER)
		return (health->phase == HEALTH_GOOD ? health->down_ms : 0) +
		       config->deadline_ms;
	return health->phase == HEALTH_TRIAL ? health->up_ms + config->trial_ms
					     : HEALTH_NEVER;
}

bool
health_may_feed(
	const struct health *health, const struct config_health *config, uint64_t now_ms)
{
	return health->phase != HEALTH_BAD ||
	       now_ms - health->bad_ms < config->timeout_ms + HEALTH_STOP_MS;
}

const char *
health_name(enum health_phase phase)
{
	static const char *const names[] = {"trial", "healthy", "unhealthy"};

	return names[phase];
}
