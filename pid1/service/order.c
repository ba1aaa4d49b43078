/* SPDX-License-Identifier: ISC */
#include "order.h"

#include <string.h>

static bool
has(const struct config_relation *relation, size_t index)
{
	for (size_t i = 0; i < relation->count; i++)
		if (relation->index[i] == index)
			return true;
	return false;
}

/* It is on its way down, or will be. */
static bool
is_leaving(const struct slot *slot)
{
	return slot->ask != ASK_NONE || slot->service.goal != GOAL_RUN;
}

enum order_say
order_start(const struct supervisor *s, size_t index)
{
	const struct config_service *config = s->slots[index].config;
	enum order_say say = ORDER_GO;

	if ((config->mounts | config->mounts_wanted) & ~s->mounts_settled)
		return ORDER_WAIT;
	if (config->mounts & ~s->mounts_up)
		say = ORDER_HELD;
	for (size_t i = 0; i < config->after.count; i++) {
		size_t before = config->after.index[i];
		const struct slot *slot = &s->slots[before];

		if (!slot->passed)
			return ORDER_WAIT;
		if (has(&config->requires, before) &&
			(slot->ask != ASK_NONE ||
				!service_up(&slot->service, slot->config)))
			say = ORDER_HELD;
	}
	return say;
}

void
order_held(const struct supervisor *s, bool held[SUPERVISE_SLOTS])
{
	memset(held, 0, SUPERVISE_SLOTS * sizeof(held[0]));
	for (size_t i = 0; i < s->count; i++) {
		const struct slot *slot = &s->slots[i];
		const struct config_relation *after = &slot->config->after;

		if (!is_leaving(slot) || service_settled(&slot->service) ||
			slot->service.state == SERVICE_WAITING ||
			slot->service.state == SERVICE_PAUSED)
			continue;
		for (size_t k = 0; k < after->count; k++)
			held[after->index[k]] = true;
	}
}

/* From the last one that a change was seen at, until nothing changes: at most as many
 * rounds as services. */
static void
close_over(const struct supervisor *s, bool marked[SUPERVISE_SLOTS], bool dependants)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < s->count; i++) {
			const struct config_service *config = s->slots[i].config;
			const struct config_relation *of[2] = {
				&config->requires, dependants ? NULL : &config->wants};

			if (dependants ? marked[i] : !marked[i])
				continue;
			for (size_t r = 0; r < 2 && of[r]; r++)
				for (size_t k = 0; k < of[r]->count; k++) {
					size_t other = of[r]->index[k];
					size_t target = dependants ? i : other;
					bool due = dependants ? marked[other] : true;

					if (!due || marked[target])
						continue;
					marked[target] = more = true;
				}
		}
	}
}

void
order_mark_needed(const struct supervisor *s, bool marked[SUPERVISE_SLOTS])
{
	close_over(s, marked, false);
}

void
order_mark_dependants(const struct supervisor *s, bool marked[SUPERVISE_SLOTS])
{
	close_over(s, marked, true);
}
