/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/error.h"
#include "load.h"
#include "verbs.h"

static int
answer(const struct request *request, uint8_t slot, const char *what, struct error *e)
{
	if (request->json)
		return show_json(json_pack("{s:s}", "slot", slot == 0 ? "a" : "b"), e);
	printf("slot %c: %s\n", device_letter(slot), what);
	return 0;
}

int
verb_load(struct request *request, struct error *e)
{
	uint8_t slot = request->argument[0] == 'a' ? 0 : 1;
	struct device *device = &request->setup->device;
	int r;

	/* A panic that is there already says nothing about the attempt. */
	device->panics = evidence_panics(request->setup->evidence.pstore, NULL);
	r = load_slot(device, slot, e);

	return r < 0 ? r : answer(request, slot, "verified and loaded", e);
}

/* How: as it is said, else as the board tries its images. */
static unsigned
trial_ways(const struct request *request)
{
	if (!request->kexec && !request->reboot)
		return request->setup->ways;
	return (request->kexec ? TRIAL_KEXEC : 0) | (request->reboot ? TRIAL_COLD : 0);
}

int
verb_try(struct request *request, struct error *e)
{
	static const char *const words[] = {[TRIAL_KEXEC] = "to be tried by kexec",
		[TRIAL_COLD] = "to be tried by a cold start",
		[TRIAL_KEXEC | TRIAL_COLD] =
			"to be tried by kexec, then by a cold start"};
	struct device *device = &request->setup->device;
	struct slot_input input = {.event = SLOT_ARM,
		.ways = (uint8_t)trial_ways(request),
		.guarded = request->setup->guarded,
		.again = request->again};
	int r = device_need_state(device, e);

	if (r == 0 && input.ways & TRIAL_COLD && !request->setup->launcher &&
		!request->setup->firmware)
		r = error_set(e, EBUSY,
			"nothing starts an image on trial here: want a method in [boot] of the settings");
	while (input.slot < SLOT_COUNT &&
		device->state.slots.slot[input.slot].state != SLOT_STAGED)
		input.slot++;
	if (r == 0 && input.slot == SLOT_COUNT)
		r = error_set(e, EBUSY, "no slot holds an image that was never tried");
	if (r == 0)
		r = device_step(device, &input, e);
	return r < 0 ? r : answer(request, input.slot, words[input.ways], e);
}
