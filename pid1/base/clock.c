/* SPDX-License-Identifier: ISC */
#include "clock.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "pid1/log/log.h"

void
clock_raise(int64_t epoch)
{
	struct timespec now = {0}, floor = {.tv_sec = (time_t)epoch};

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec >= floor.tv_sec)
		return;
	if (clock_settime(CLOCK_REALTIME, &floor) == 0)
		log_say("clock: was %lld, before the image was made: set to %lld",
			(long long)now.tv_sec, (long long)epoch);
	else
		log_say("clock: cannot set: %s", strerror(errno));
}

uint64_t
clock_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t
clock_us(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
