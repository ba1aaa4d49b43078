/* SPDX-License-Identifier: ISC */
#include "config_health.h"

#include <stddef.h>

#include "codec.h"
#include "config_life.h"

void
config_health_visit(struct codec *c, struct config_health *health)
{
	codec_u64(c, &health->trial_ms);
	codec_u64(c, &health->deadline_ms);
	codec_u64(c, &health->timeout_ms);
	codec_strings(c, health->healthy, CONFIG_HEALTH_WORDS);
	codec_strings(c, health->unhealthy, CONFIG_HEALTH_WORDS);
}

const char *
config_health_fault(const struct config_health *health)
{
	const char *const first[2] = {health->healthy[0], health->unhealthy[0]};

	for (size_t i = 0; i < 2; i++)
		if (first[i] && first[i][0] != '/')
			return "health command is no absolute path";
	if (health->trial_ms > CONFIG_WAIT_MS || health->deadline_ms > CONFIG_WAIT_MS ||
		health->timeout_ms > CONFIG_WAIT_MS)
		return "health: a time of more than a day";
	return NULL;
}
