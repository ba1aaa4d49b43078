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
	int r = load_slot(&request->setup->device, slot, e);

	return r < 0 ? r : answer(request, slot, "verified and loaded", e);
}

int
verb_try(struct request *request, struct error *e)
{
	struct device *device = &request->setup->device;
	struct slot_input input = {
		.event = SLOT_ARM, .ways = TRIAL_KEXEC, .again = request->again};
	int r = device_need_state(device, e);

	while (input.slot < SLOT_COUNT &&
		device->state.slots.slot[input.slot].state != SLOT_STAGED)
		input.slot++;
	if (r == 0 && input.slot == SLOT_COUNT)
		r = error_set(e, EBUSY, "no slot holds an image that was never tried");
	if (r == 0)
		r = device_step(device, &input, e);
	return r < 0 ? r : answer(request, input.slot, "to be tried by kexec", e);
}

int
verb_judge(struct request *request, struct error *e)
{
	struct device *device = &request->setup->device;
	struct slot_input input = {.event = SLOT_BACK,
		.running = device_running(device),
		.slot = slot_trying(&device->state.slots),
		.evidence = request->failed};
	int r = device_need_state(device, e);

	if (r == 0 && input.slot == SLOT_NONE)
		r = error_set(e, EBUSY, "no trial is open");
	if (r == 0)
		r = device_step(device, &input, e);
	if (r < 0)
		return r;
	switch (device->state.slots.slot[input.slot].state) {
	case SLOT_BAD:
		return answer(request, input.slot, "bad, and refused from now on", e);
	case SLOT_STAGED:
		return answer(request, input.slot, "shelved", e);
	default:
		return answer(request, input.slot, "to be tried again", e);
	}
}
