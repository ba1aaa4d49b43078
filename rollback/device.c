/* SPDX-License-Identifier: ISC */
#include "device.h"

#include <errno.h>
#include <string.h>

#include "lib/error.h"
#include "roots.h"

int
device_open(struct device *device, struct block *state, uint64_t unit, unsigned copies,
	struct error *e)
{
	int r = state_open(&device->state, state, unit, copies, e);

	device->lost = r == -ENODATA;
	device->unwritten.text[0] = '\0';
	memset(&device->note, 0, sizeof(device->note));
	history_open(&device->history, state, unit * (copies + ROOTS_UNITS));
	return device->lost ? 0 : r;
}

char
device_letter(uint8_t slot)
{
	return (char)('a' + slot);
}

uint8_t
device_running(const struct device *device)
{
	for (uint8_t i = 0; device->has_content && i < SLOT_COUNT; i++) {
		const struct slot *slot = &device->state.slots.slot[i];

		if (slot->state != SLOT_EMPTY && slot->state != SLOT_WRITING &&
			memcmp(slot->image.content, device->content, SLOT_HASH) == 0)
			return i;
	}
	return SLOT_NONE;
}

static void
tell(struct device *device, uint32_t kind, uint8_t slot, const struct slots *before)
{
	const struct slot *now = &device->state.slots.slot[slot];
	struct history_entry *entry = &device->note;
	/* Of one that was emptied, what was in it. */
	const struct slot_image *image =
		now->state == SLOT_EMPTY ? &before->slot[slot].image : &now->image;

	entry->kind = kind;
	entry->panics = kind == SLOT_JUMP ? device->panics : 0;
	entry->slot = slot;
	entry->state = (uint8_t)now->state;
	entry->tries = now->tries;
	entry->way = now->way;
	entry->version = image->version;
	memcpy(entry->image, image->hash, SLOT_HASH);
	history_add(&device->history, entry, &device->unwritten);
	memset(entry, 0, sizeof(*entry));
}

/* The slot that a step is about. */
static uint8_t
slot_of(const struct slot_input *input, const struct slots *before,
	const struct slots *after)
{
	uint8_t slot = input->slot;

	if (input->event == SLOT_HEALTHY)
		slot = input->running;
	else if (input->event == SLOT_BACK || input->event == SLOT_REVERT)
		slot = slot_trying(before);
	return slot < SLOT_COUNT ? slot : after->chosen;
}

void
device_tell(struct device *device, uint32_t kind, uint8_t slot)
{
	const struct slots *slots = &device->state.slots;
	struct history_entry last;

	if (history_get(&device->history, device->history.newest, &last) &&
		last.kind == kind && last.slot == slot &&
		strcmp(last.why, device->note.why) == 0 &&
		memcmp(last.image, slots->slot[slot].image.hash, SLOT_HASH) == 0)
		return;
	tell(device, kind, slot, slots);
}

int
device_follow(struct device *device, struct error *e)
{
	return device->boot ? device->boot->follow(device->boot, device, e) : 0;
}

/* No verdict on an attempt that is still to come, and no default that is not confirmed on
 * either side of the step. */
static int
prepare(struct device *device, const struct slot_input *input, struct error *e)
{
	struct slots next = device->state.slots;
	struct boot *boot = device->boot;
	int r = 0;

	if (!boot || slot_step(&next, input) != SLOT_OK)
		return 0;
	if (input->event == SLOT_HEALTHY || input->event == SLOT_BACK)
		r = boot->waits(boot, device, e);
	if (r > 0)
		r = error_set(e, EBUSY, "the trial begins with the next start");
	return r < 0 ? r : boot->lead(boot, device, &next, e);
}

int
device_record(struct device *device, const struct slot_input *input, struct error *e)
{
	struct slots before = device->state.slots;
	enum slot_refusal refusal;
	int r = state_step(&device->state, input, &refusal, e);

	if (r < 0 || refusal != SLOT_OK) /* it is told of this step or of none */
		memset(&device->note, 0, sizeof(device->note));
	if (r < 0)
		return r;
	switch (refusal) {
	case SLOT_OK:
		tell(device, input->event, slot_of(input, &before, &device->state.slots),
			&before);
		return 0;
	case SLOT_KNOWN_BAD:
	case SLOT_SAME:
	case SLOT_BELOW_FLOOR:
	case SLOT_OLDER:
		return error_set(e, EPERM, "this image %s", slot_refusal_text(refusal));
	default:
		return error_set(e, EBUSY, "slot %c %s", device_letter(input->slot),
			slot_refusal_text(refusal));
	}
}

int
device_step(struct device *device, const struct slot_input *input, struct error *e)
{
	int r = prepare(device, input, e);

	if (r < 0) {
		memset(&device->note, 0, sizeof(device->note));
		return r;
	}
	r = device_record(device, input, e);
	return r < 0 ? r : device_follow(device, e);
}

int
device_need_state(const struct device *device, struct error *e)
{
	if (!device->lost)
		return 0;
	return error_set(e, EBUSY, "%s: holds no state: run `rollback repair`",
		device->state.record.block->name);
}

int
trust_check(const struct trust *trust, const char *file, const char *text, size_t size,
	const char *signatures, size_t signatures_size, struct release *release,
	struct error *e)
{
	uint8_t hash[MINISIGN_HASH];
	int signers;

	/* Nothing is parsed as JSON that nobody signed. */
	minisign_hash(text, size, hash);
	signers = minisign_verify(
		file, signatures, signatures_size, trust->key, trust->keys, hash, e);
	if (signers < 0)
		return -EPERM;
	if ((unsigned)signers < trust->threshold || trust->threshold == 0)
		return error_set(e, EPERM, "%s: signed by %d trusted keys, %u are needed",
			file, signers, trust->threshold);
	if (release_parse(release, file, text, size, e) < 0)
		return -EPERM;
	if (strcmp(release->board, trust->board) != 0)
		return error_set(e, EPERM, "%s: is for the board %s, this is %s", file,
			release->board, trust->board);
	return 0;
}

int
trust_check_any(const struct trust *trust, const char *file, const char *text,
	size_t size, const char *signatures, size_t signatures_size,
	struct release *release, struct error *e)
{
	int r = trust_check(
		trust, file, text, size, signatures, signatures_size, release, e);
	struct error why;

	while (r == -EPERM && trust->before) {
		trust = trust->before;
		if (trust_check(trust, file, text, size, signatures, signatures_size,
			    release, &why) == 0)
			r = 0;
	}
	return r;
}

struct slot_image
device_image(const struct release *release)
{
	struct slot_image image = {.version = release->version, .floor = release->floor};

	memcpy(image.hash, release->hash, SLOT_HASH);
	memcpy(image.content, release->content, SLOT_HASH);
	return image;
}
