/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/error.h"
#include "verbs.h"

#define WAIT_MS                                                                          \
	60000 /* for pid1's account: it may lie on a medium that is checked first */

static int
answer(const struct request *request, const char *slot, const char *verdict,
	const char *why, struct error *e)
{
	if (request->json)
		return show_json(json_pack("{s:s?, s:s, s:s}", "slot", slot, "verdict",
					 verdict, "why", why),
			e);
	if (slot)
		printf("slot %s: ", slot);
	printf("%s%s%s\n", verdict, why[0] ? ": " : "", why);
	return 0;
}

static const char *
verdict_of(const struct slot *slot)
{
	switch (slot->state) {
	case SLOT_BAD:
		return "bad, and refused from now on";
	case SLOT_STAGED:
		return "shelved";
	default:
		return "to be tried again";
	}
}

/* The attempt's own entry, which a power cut may have kept from being written: one of an
 * attempt before does not count. */
static bool
find_attempt(const struct device *device, uint8_t slot, struct history_entry *attempt)
{
	const struct slot *now = &device->state.slots.slot[slot];

	return history_find(&device->history, SLOT_JUMP, attempt) &&
	       attempt->slot == slot && attempt->tries == now->tries &&
	       attempt->way == now->way &&
	       memcmp(attempt->image, now->image.hash, SLOT_HASH) == 0;
}

bool
judge_evidence(struct setup *setup, char why[EVIDENCE_WHY], struct error *e, int *r)
{
	struct device *device = &setup->device;
	uint8_t slot = slot_trying(&device->state.slots);
	struct history_entry attempt;
	struct evidence evidence;

	*r = evidence_read(&evidence, &setup->evidence, WAIT_MS, e);
	if (*r < 0)
		return false;
	evidence.has_before = find_attempt(device, slot, &attempt);
	evidence.before = evidence.has_before ? attempt.panics : 0;
	return evidence_against(&evidence,
		evidence_tag(device->state.slots.slot[slot].image.content), why);
}

/* The first sign of the new image. */
static void
arrive(struct device *device, uint8_t slot)
{
	struct history_entry attempt, before;

	if (!find_attempt(device, slot, &attempt) ||
		(history_find(&device->history, HISTORY_ARRIVED, &before) &&
			before.sequence > attempt.sequence))
		return;
	device->note.ms[TIME_BLACKOUT] = history_since(&attempt);
	device_tell(device, HISTORY_ARRIVED, slot);
}

int
verb_judge(struct request *request, struct error *e)
{
	struct device *device = &request->setup->device;
	const struct slots *slots = &device->state.slots;
	struct slot_input input = {.event = SLOT_BACK,
		.running = device_running(device),
		.slot = slot_trying(slots),
		.evidence = request->failed};
	char why[EVIDENCE_WHY] = "somebody said so";
	const char *letter;
	int r = device_need_state(device, e);

	if (r < 0)
		return r;
	if (input.slot == SLOT_NONE || !slots->slot[input.slot].jumped) {
		if (request->failed)
			return error_set(e, EBUSY, "no attempt was made");
		return answer(request, NULL, "nothing to judge", "", e);
	}
	letter = input.slot == 0 ? "a" : "b";
	if (input.running == input.slot && !request->failed) {
		arrive(device, input.slot);
		return answer(request, letter, "is being tried", "", e);
	}
	if (!request->failed) {
		input.evidence = judge_evidence(request->setup, why, e, &r);
		if (r < 0)
			return r;
	}
	snprintf(device->note.why, HISTORY_WHY, "%s", why);
	r = device_step(device, &input, e);
	if (r < 0)
		return r;
	return answer(request, letter, verdict_of(&slots->slot[input.slot]), why, e);
}
