/* SPDX-License-Identifier: ISC */
#include "keep.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/error.h"
#include "verify.h"

static struct release release;

static void __attribute__((format(printf, 2, 3)))
say(struct repair *repair, const char *format, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (repair->say)
		repair->say(repair, line);
}

/* The slot with what runs, by its own signed release. */
static uint8_t
find_running(struct device *device)
{
	struct error e;

	for (uint8_t i = 0; device->has_content && i < SLOT_COUNT; i++)
		if (verify_slot(device, i, &release, &e) == 0 &&
			memcmp(release.content, device->content, SLOT_HASH) == 0)
			return i;
	return SLOT_NONE;
}

static int
adopt(struct repair *repair, uint8_t slot, bool lost, struct error *e)
{
	struct slot_input input = {.event = SLOT_ADOPT,
		.slot = slot,
		.lost = lost,
		.image = device_image(&release),
		.clock = release.issued};
	int r = device_step(repair->device, &input, e);

	if (r < 0)
		return r;
	repair->device->lost = false;
	repair->done++;
	say(repair, "slot %c: runs, is signed and whole: the default now",
		device_letter(slot));
	return 0;
}

static int
heal_copies(struct repair *repair, struct error *e)
{
	struct record *record = &repair->device->state.record;
	uint8_t bytes[RECORD_PAYLOAD];
	size_t size = state_pack(bytes, &repair->device->state.slots);

	for (unsigned i = 0; i < record->copies; i++) {
		int r;

		if (record->valid[i])
			continue;
		r = record_put(record, bytes, size, e);
		if (r < 0)
			return r;
		repair->done++;
		say(repair, "state: a broken copy is written anew");
	}
	return 0;
}

static int
make_state(struct repair *repair, struct error *e)
{
	struct device *device = repair->device;
	uint8_t slot = find_running(device);

	if (slot == SLOT_NONE)
		return error_set(e, EBUSY,
			"%s: holds no state, and no slot holds what runs, signed and whole",
			device->state.record.block->name);
	return adopt(repair, slot, false, e);
}

/* As far as the medium lets: one whole copy is enough for a verdict. */
static void
heal_quietly(struct repair *repair)
{
	struct error why;

	if (heal_copies(repair, &why) < 0)
		repair->device->unwritten = why;
}

/* A launcher started it without a trial, since the default's bytes are not what was signed:
 * nobody may be there to repair that, and nothing is installed until something is confirmed. */
static bool
is_in_place_of_default(struct device *device, const struct slot_input *healthy)
{
	struct slots dry = device->state.slots;
	struct error why;
	int r;

	if (slot_step(&dry, healthy) == SLOT_OK || dry.chosen == SLOT_NONE)
		return false;
	r = verify_slot(device, dry.chosen, &release, &why);
	return r == -EBADMSG || r == -ENODATA;
}

int
confirm_run(struct device *device, enum confirm_result *result, struct error *e)
{
	struct repair repair = {.device = device};
	struct slot_input input = {.event = SLOT_HEALTHY};
	const struct slot *slot;
	int r = 0;

	/* Without a state, what proved healthy begins a new one. */
	*result = CONFIRM_GOOD;
	if (device->lost && device->state.record.unread)
		return error_set(e, EIO,
			"%s: cannot be read: run `rollback repair` if that stays so",
			device->state.record.block->name);
	if (device->lost) {
		r = make_state(&repair, e);
		if (r == 0)
			heal_quietly(&repair);
		return r;
	}
	input.running = device_running(device);
	if (input.running == SLOT_NONE)
		return error_set(e, EBUSY, "what runs is in neither slot");
	input.slot = input.running;
	slot = &device->state.slots.slot[input.running];
	if (slot->state == SLOT_GOOD) {
		*result = CONFIRM_BEFORE;
		heal_quietly(&repair);
		return device_follow(device, e);
	}
	input.lost = is_in_place_of_default(device, &input);
	/* What runs is in memory: the default has to be in its slot, too. */
	r = verify_slot(device, input.running, &release, e);
	if (r < 0)
		return r;
	/* The first image of a device: nothing is confirmed that a trial could fail to. */
	if (input.lost ||
		(device->state.slots.chosen == SLOT_NONE && slot->state == SLOT_STAGED)) {
		input.event = SLOT_ADOPT;
		input.image = device_image(&release);
		input.clock = release.issued;
	}
	if (slot->cold_next)
		*result = CONFIRM_COLD;
	return device_step(device, &input, e);
}

/* A slot whose bytes are lost: EMPTY, if that leaves a confirmed one. */
static int
drop_slot(struct repair *repair, uint8_t slot, const char *found, struct error *e)
{
	struct device *device = repair->device;
	struct slot_input input = {.event = SLOT_LOST, .slot = slot};
	struct error why;
	int r;

	memcpy(device->note.why, found, strnlen(found, HISTORY_WHY - 1));
	r = device_step(device, &input, e);
	if (r == 0) {
		repair->done++;
		say(repair, "slot %c: is empty now", device_letter(slot));
		return 0;
	}
	if (r != -EBUSY)
		return r;
	if (device_running(device) == (slot ^ 1) &&
		verify_slot(device, slot ^ 1, &release, &why) == 0)
		return adopt(repair, slot ^ 1, true, e);
	repair->left++;
	say(repair, "slot %c: stays, it is the only confirmed one: install an update",
		device_letter(slot));
	return 0;
}

/* Boot entries that the firmware lost, or that a power cut left behind the state. */
static int
mend_boot(struct repair *repair, struct error *e)
{
	struct device *device = repair->device;
	unsigned before = device->boot ? device->boot->told : 0;
	int r = device_follow(device, e);

	if (r == 0 && device->boot && device->boot->told != before) {
		repair->done++;
		say(repair, "boot: the firmware's entries are written anew");
	}
	return r;
}

int
repair_run(struct repair *repair, struct error *e)
{
	struct device *device = repair->device;
	struct error why;
	int r = device->lost ? make_state(repair, e) : 0;

	if (r == 0)
		r = heal_copies(repair, e);
	for (uint8_t i = 0; r == 0 && i < SLOT_COUNT; i++) {
		enum slot_state state = device->state.slots.slot[i].state;
		int found;

		if (state != SLOT_STAGED && state != SLOT_TRYING && state != SLOT_GOOD)
			continue;
		found = verify_slot(device, i, &release, &why);
		if (found == 0)
			continue;
		say(repair, "%s", why.text);
		if (found == -EBADMSG || found == -ENODATA)
			r = drop_slot(repair, i, why.text, e);
		else
			repair->left++;
	}
	return r < 0 ? r : mend_boot(repair, e);
}
