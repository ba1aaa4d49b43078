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
