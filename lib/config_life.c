/* SPDX-License-Identifier: ISC */
#include "config_life.h"

#include <stddef.h>

#include "codec.h"

void
config_life_visit(struct codec *c, struct config_life *life)
{
	codec_u64(c, &life->restart_ms);
	codec_u64(c, &life->restart_most_ms);
	codec_u64(c, &life->start_ms);
	codec_u64(c, &life->stop_ms);
	codec_u64(c, &life->watchdog_ms);
	codec_u64(c, &life->limit_ms);
	codec_u8(c, &life->limit_burst);
	codec_u8(c, &life->limit_action);
	codec_u8(c, &life->critical);
	codec_u8(c, &life->at_boot);
	codec_u8(c, &life->notify_fd);
	codec_u64(c, &life->timer_boot_ms);
	codec_u64(c, &life->timer_period_ms);
}

bool
config_life_notifies(const struct config_life *life, uint8_t type)
{
	return (type == SERVICE_NOTIFY && life->notify_fd == 0) || life->watchdog_ms > 0;
}

const char *
config_life_fault(const struct config_life *life, uint8_t type)
{
	if (life->critical > 1 || life->at_boot > 1)
		return "bad flag";
	if (life->start_ms > CONFIG_WAIT_MS || life->stop_ms > CONFIG_WAIT_MS ||
		life->restart_ms > CONFIG_WAIT_MS ||
		life->restart_most_ms > CONFIG_WAIT_MS)
		return "a wait of more than a day";
	/* Sums of these and the time must not wrap: a timer in the past fires for ever. */
	if (life->watchdog_ms > CONFIG_WAIT_MS || life->limit_ms > CONFIG_WAIT_MS ||
		life->timer_period_ms > CONFIG_WAIT_MS ||
		(life->timer_boot_ms > CONFIG_WAIT_MS &&
			life->timer_boot_ms != CONFIG_NEVER))
		return "a time of more than a day";
	if (life->limit_burst > CONFIG_BURST || life->limit_action >= LIMIT_ACTIONS)
		return "bad start limit";
	if (life->notify_fd != 0 && (type != SERVICE_NOTIFY || life->notify_fd < 3 ||
					    life->notify_fd > CONFIG_NOTIFY_FD))
		return "bad descriptor for readiness";
	return NULL;
}
