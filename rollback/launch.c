/* SPDX-License-Identifier: ISC */
#include "launch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/error.h"
#include "verify.h"

static struct release release;
static struct tail tail;

static void __attribute__((format(printf, 2, 3)))
say(const struct launch *launch, const char *format, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (launch->say)
		launch->say(line);
}

/* The machine came back from an attempt: this is not the image that was tried. */
static void
judge(struct launch *launch)
{
	struct slots *slots = &launch->device->state.slots;
	struct slot_input input = {.event = SLOT_BACK,
		.slot = slot_trying(slots),
		.running = SLOT_NONE,
		.evidence = launch->evidence};
	struct error e;

	if (input.slot == SLOT_NONE || !slots->slot[input.slot].jumped)
		return;
	if (device_step(launch->device, &input, &e) < 0) {
		say(launch, "%s", e.text);
		return;
	}
	switch (slots->slot[input.slot].state) {
	case SLOT_BAD:
		say(launch, "slot %c: its trial failed: bad, and refused from now on",
			device_letter(input.slot));
		break;
	case SLOT_STAGED:
		say(launch, "slot %c: %d attempts without a verdict: shelved",
			device_letter(input.slot), SLOT_TRIES);
		break;
	default:
		say(launch, "slot %c: attempt %u ended without a verdict",
			device_letter(input.slot), slots->slot[input.slot].tries);
	}
}

/* By its release alone; the image's bytes are judged when they are loaded. */
static bool
is_usable(struct launch *launch, uint8_t slot)
{
	struct device *device = launch->device;
	struct error e;
	int r = verify_release(device, slot, &tail, &release, &e);

	if (r == 0 && release.version < device->state.slots.floor)
		r = error_set(&e, EPERM, "slot %c %s", device_letter(slot),
			slot_refusal_text(SLOT_BELOW_FLOOR));
	if (r < 0)
		say(launch, "%s", e.text);
	return r == 0;
}

/* It said of a slot that it is the default. */
static bool
is_choice(const struct history_entry *entry)
{
	return entry->state == SLOT_GOOD && entry->slot < SLOT_COUNT &&
	       (entry->kind == SLOT_HEALTHY || entry->kind == SLOT_ADOPT ||
		       entry->kind == SLOT_REVERT);
}

/* Without a state: what the history knows to have been the default last comes first, if
 * the slot holds that image still. Nothing of this is written down. */
static void
recall_default(struct launch *launch, const bool usable[SLOT_COUNT])
{
	struct device *device = launch->device;
	const struct history *history = &device->history;
	struct slots *slots = &device->state.slots;
	struct history_entry entry;
	struct error e;

	for (uint64_t i = history->newest; i > 0 && i >= history_oldest(history); i--) {
		if (!history_get(history, i, &entry) || !is_choice(&entry) ||
			!usable[entry.slot] ||
			verify_release(device, entry.slot, &tail, &release, &e) < 0 ||
			memcmp(release.hash, entry.image, RELEASE_HASH) != 0)
			continue;
		slots->slot[entry.slot].state = SLOT_GOOD;
		slots->chosen = entry.slot;
		say(launch, "slot %c: was the default last, by the history",
			device_letter(entry.slot));
		return;
	}
}

int
launch_run(struct launch *launch, uint8_t *slot, struct error *e)
{
	struct device *device = launch->device;
	bool usable[SLOT_COUNT], trial;
	struct error why;

	if (device->lost)
		say(launch, "%s: no state can be read: a slot that is signed and whole",
			device->state.record.block->name);
	else
		judge(launch);
	for (uint8_t i = 0; i < SLOT_COUNT; i++)
		usable[i] = is_usable(launch, i);
	if (device->lost)
		recall_default(launch, usable);
	for (;;) {
		*slot = slot_pick(&device->state.slots, usable, &trial);
		if (*slot == SLOT_NONE)
			return error_set(
				e, EBADMSG, "no slot holds an image that can be started");
		if (launch->load(device, *slot, trial, &why) == 0)
			break;
		say(launch, "%s", why.text);
		usable[*slot] = false;
	}
	if (trial)
		say(launch, "slot %c: attempt %u", device_letter(*slot),
			device->state.slots.slot[*slot].tries);
	else
		say(launch, "slot %c: verified and loaded", device_letter(*slot));
	return 0;
}
