/* SPDX-License-Identifier: ISC */
#include "plan.h"

#include <string.h>

#define MINUTE	 60000 /* ms */
#define FIRST_MS 10000

static bool
two_digits(const char *text, unsigned most, unsigned *value)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*value = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
	return *value <= most;
}

static bool
time_of_day(const char *text, unsigned *minute)
{
	unsigned hours, minutes;

	if (!two_digits(text, 23, &hours) || text[2] != ':' ||
		!two_digits(text + 3, 59, &minutes))
		return false;
	*minute = hours * 60 + minutes;
	return true;
}

bool
plan_window(const char *text, struct window *window)
{
	return strlen(text) == 11 && text[5] == '-' && time_of_day(text, &window->from) &&
	       time_of_day(text + 6, &window->to);
}

uint64_t
plan_wait(const struct window *window, unsigned minute)
{
	unsigned length = (window->to + PLAN_DAY - window->from) % PLAN_DAY;
	unsigned in = (minute % PLAN_DAY + PLAN_DAY - window->from) % PLAN_DAY;

	if (length == 0 || in < length)
		return 0;
	return (uint64_t)(PLAN_DAY - in) * MINUTE;
}

uint64_t
plan_jitter(uint64_t ms, uint32_t random)
{
	return ms - ms / 4 + ms / 2 * random / UINT32_MAX;
}

uint64_t
plan_backoff(uint64_t interval_ms, unsigned failures)
{
	uint64_t ms = (uint64_t)FIRST_MS << (failures > 12  ? 12
					     : failures > 0 ? failures - 1
							    : 0);

	return ms < interval_ms ? ms : interval_ms;
}

bool
plan_is_frozen(int64_t issued, int64_t expires, uint64_t seen_for_ms)
{
	return seen_for_ms / 1000 >= (uint64_t)(expires - issued);
}
