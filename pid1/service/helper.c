/* SPDX-License-Identifier: ISC */
#include "helper.h"

#include <errno.h>

#include "step.h"

static struct slot *
find(struct supervisor *s, const struct config_service *config)
{
	for (size_t i = s->config->service_count; i < s->count; i++)
		if (s->slots[i].config == config)
			return &s->slots[i];
	return NULL;
}

int
helper_start(struct supervisor *s, const struct config_service *config,
	void (*over)(const struct config_service *config, int status))
{
	struct slot *slot = find(s, config);

	if (slot && !service_settled(&slot->service))
		return -EBUSY;
	if (!slot && s->count >= SUPERVISE_SLOTS)
		return -ENOSPC;
	if (!slot)
		slot = step_add(s, config, CGROUP_SYSTEM);
	slot->over = over;
	slot->status = -1;
	step(s, slot, EVENT_START);
	return 0;
}

void
helper_advance(struct supervisor *s)
{
	for (size_t i = s->config->service_count; i < s->count; i++) {
		struct slot *slot = &s->slots[i];
		void (*over)(const struct config_service *config, int status);

		if (!slot->over || !service_settled(&slot->service))
			continue;
		over = slot->over;
		slot->over = NULL;
		/* Stopped at its deadline, its status says nothing. */
		over(slot->config,
			slot->service.result == RESULT_TIMEOUT ? -1 : slot->status);
	}
}
