/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "launch.h"
#include "lib/error.h"
#include "load.h"
#include "verbs.h"

#define RESCUE_SECONDS 300 /* that a rescue stays before the machine looks again */
#define REPEAT_SECONDS 30 /* for whoever comes to the console meanwhile */

static void
say(const char *line)
{
	printf("%s\n", line);
	fflush(stdout);
}

/* What outlived an open attempt; that nothing of it can be read is no evidence. */
static void
look_back(struct setup *setup, struct launch *launch)
{
	struct device *device = &setup->device;
	const struct slots *slots = &device->state.slots;
	uint8_t slot = slot_trying(slots);
	char why[EVIDENCE_WHY];
	struct error e;
	int r;

	/* A panic that is there already says nothing about the attempt that comes. */
	device->panics = evidence_panics(setup->evidence.pstore, NULL);
	if (device->lost || slot == SLOT_NONE || !slots->slot[slot].jumped)
		return;
	launch->evidence = judge_evidence(setup, why, &e, &r);
	snprintf(device->note.why, HISTORY_WHY, "%s", r < 0 ? "" : why);
	say(r < 0 ? e.text : why);
}

/* Why nothing can be started stays on the console for a while; pid1 feeds the watchdog
 * meanwhile, and restarts the machine when this ends. */
static void
rescue(const struct error *e)
{
	for (unsigned s = 0; s < RESCUE_SECONDS; s += REPEAT_SECONDS) {
		printf("RESCUE: %s; the machine restarts in %u s\n", e->text,
			RESCUE_SECONDS - s);
		fflush(stdout);
		sleep(REPEAT_SECONDS);
	}
}

int
verb_launch(struct request *request, struct error *e)
{
	struct setup *setup = request->setup;
	struct launch launch = {
		.device = &setup->device, .load = load_picked, .say = say};
	uint8_t slot;
	int r;

	setup_wait(setup);
	setup_open_launch(setup, say);
	look_back(setup, &launch);
	r = launch_run(&launch, &slot, e);
	if (r < 0)
		rescue(e);
	return r;
}
