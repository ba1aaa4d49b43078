/* SPDX-License-Identifier: ISC */
#include "timeline.h"

#include "clock.h"

static struct timeline_step steps[TIMELINE_STEPS];
static size_t count;

void
timeline_mark(const char *what, const char *name, const char *event)
{
	if (count == TIMELINE_STEPS)
		return;
	steps[count++] = (struct timeline_step){clock_us(), what, name, event};
}

const struct timeline_step *
timeline_at(size_t index)
{
	return index < count ? &steps[index] : NULL;
}
