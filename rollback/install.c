/* SPDX-License-Identifier: ISC */
#include "install.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "history_clock.h"
#include "lib/error.h"
#include "lib/tail.h"
#include "verify.h"
#include "write.h"

static struct tail tail; /* of the offered release, then with the first block */
static struct tail present; /* what the slot has */

/* A stream that goes on: its release is the one in the slot. */
static int
take_stored(struct install *in, struct error *e)
{
	uint64_t have = install_resume_at(in->device, &in->slot);
	int r;

	if (have != in->at)
		return error_set(e, EPERM,
			"%s: begins at %" PRIu64 ", the slot goes on at %" PRIu64,
			in->source->name, in->at, have);
	r = verify_release(in->device, in->slot, &tail, &in->release, e);
	/* Begun before a rotation, it does not go on after it. */
	if (r == 0)
		r = trust_check(&in->device->trust, in->source->name, tail.text,
			tail.release_size, tail_signatures(&tail), tail.signatures_size,
			&in->release, e);
	return r;
}

/* The slot to write: the one that does not run; unknown, the one that is no default. */
static uint8_t
choose_slot(const struct device *device)
{
	uint8_t running = device_running(device);

	if (running == SLOT_NONE)
		running = device->state.slots.chosen;
	return running == 0 ? 1 : 0;
}

static int
check_offer(struct install *in, struct error *e)
{
	const struct release *release = &in->release;
	struct block *block = in->device->slot[in->slot];

	if (in->image && memcmp(in->image, release->hash, RELEASE_HASH) != 0)
		return error_set(e, EPERM, "%s: is not the image that is wanted",
			in->source->name);
	/* No clock is trusted but the latest time that somebody signed. */
	if (release->expires <= in->device->state.slots.clock)
		return error_set(e, EPERM, "%s: has expired", in->source->name);
	if (in->device->files && release->kernel_size == 0)
		return error_set(e, EPERM,
			"%s: holds a bare kernel, the firmware starts a file system's",
			in->source->name);
	if (release->size > tail_room(block))
		return error_set(e, ENOSPC,
			"slot %c: holds %" PRIu64 " bytes, the image has %" PRIu64,
			device_letter(in->slot), tail_room(block), release->size);
	return 0;
}

/* How many bytes so many chunks are. */
static uint64_t
first_bytes(const struct release *release, uint32_t chunks)
{
	uint64_t bytes = (uint64_t)chunks * release->chunk_size;

	return bytes < release->size ? bytes : release->size;
}

/* Does the slot begin with chunks of this very release? Then they count. */
static int
count_present(struct install *in, struct error *e)
{
	struct block *block = in->device->slot[in->slot];
	size_t size = tail.release_size + tail.signatures_size;
	int r = tail_read(block, &present);
	uint32_t whole;

	in->done = 0;
	if (r < 0 && r != -ENODATA)
		return error_set(e, -r, "%s: cannot read: %s", block->name, strerror(-r));
	if (r < 0 || present.release_size != tail.release_size ||
		present.signatures_size != tail.signatures_size ||
		memcmp(present.text, tail.text, size) != 0)
		return 0;
	r = verify_span(
		block, &in->release, 0, in->release.chunks, present.first, &whole);
	if (r < 0 && r != -EBADMSG)
		return error_set(e, -r, "%s: cannot read: %s", block->name, strerror(-r));
	in->done = first_bytes(&in->release, whole);
	memcpy(tail.first, present.first, sizeof(tail.first));
	return 0;
}

/* WRITING is on record before the first byte changes. */
static int
begin(struct install *in, struct error *e)
{
	struct slot_input input = {.event = SLOT_BEGIN,
		.slot = in->slot,
		.running = device_running(in->device),
		.older = in->older,
		.image = device_image(&in->release),
		.clock = in->release.issued};
	struct slots *slots = &in->device->state.slots;
	struct slot *slot = &slots->slot[in->slot];
	struct slots dry = *slots;
	int r = 0;

	/* What would be refused is not started to be resumed, either. */
	if (slot->state != SLOT_WRITING ||
		memcmp(&slot->image, &input.image, sizeof(input.image)) != 0 ||
		slot_step(&dry, &input) != SLOT_OK || dry.clock != slots->clock)
		r = device_step(in->device, &input, e);
	return r;
}

static int
finish(struct install *in, struct error *e)
{
	struct slot_input input = {.event = SLOT_FINISH, .slot = in->slot};
	int r = write_first(in->device->slot[in->slot], &tail, e);

	return r < 0 ? r : device_step(in->device, &input, e);
}

/* Where the time went; what is neither waiting nor settling is writing. */
static void
note_times(const struct install *in, const struct writer *writer, uint64_t from)
{
	uint32_t *ms = in->device->note.ms;

	ms[TIME_FETCH] = (uint32_t)(writer->fetch_ns / 1000000);
	ms[TIME_READ_BACK] = (uint32_t)(writer->settle_ns / 1000000);
	ms[TIME_WRITE] = clock_ms_since(from);
	if (ms[TIME_WRITE] > ms[TIME_FETCH] + ms[TIME_READ_BACK])
		ms[TIME_WRITE] -= ms[TIME_FETCH] + ms[TIME_READ_BACK];
}

static int
stream(struct install *in, struct error *e)
{
	struct source *source = in->source;
	struct writer writer = {.block = in->device->slot[in->slot],
		.tail = &tail,
		.source = source,
		.release = &in->release};
	uint64_t from = clock_now();
	int r = 0;

	if (in->done > 0 && in->at == 0)
		r = source->skip(source, in->done);
	if (r < 0)
		return source_error(source, r, e);
	if (in->done == 0)
		r = write_begin(&writer, e);
	for (uint32_t i = (uint32_t)((in->done + in->release.chunk_size - 1) /
				     in->release.chunk_size);
		r == 0 && i < in->release.chunks; i++) {
		r = write_chunk(&writer, i, e);
		if (r < 0)
			break;
		in->done += release_chunk_bytes(&in->release, i);
	}
	if (r == 0)
		r = write_settle(&writer, e);
	note_times(in, &writer, from);
	if (r < 0)
		return r;
	r = source_end(source, e);
	return r < 0 ? r : finish(in, e);
}

/* True if the slot holds the image already, whole and as far as it should be. */
static bool
is_there(const struct install *in)
{
	const struct slot *slot = &in->device->state.slots.slot[in->slot];

	return slot->state == SLOT_STAGED &&
	       memcmp(slot->image.hash, in->release.hash, SLOT_HASH) == 0;
}

/* While a trial is open nothing is even read: whoever sends it may be slow, and what runs
 * is to be confirmed meanwhile. */
static int
check_trial(const struct install *in, struct error *e)
{
	if (slot_trying(&in->device->state.slots) == SLOT_NONE)
		return 0;
	return error_set(e, EBUSY, "slot %c %s", device_letter(in->slot),
		slot_refusal_text(SLOT_TRIAL_OPEN));
}

/* A new device: nothing signed is in a slot, so that no floor is forgotten. */
static int
make_first(struct install *in, struct error *e)
{
	struct device *device = in->device;

	if (!device->lost)
		return error_set(e, EBUSY, "--first: there is a state already");
	for (uint8_t i = 0; i < SLOT_COUNT; i++) {
		int r = verify_release(device, i, &present, &in->release, e);

		if (r == 0)
			return error_set(e, EBUSY,
				"--first: slot %c holds a signed release: run `rollback repair`",
				device_letter(i));
		/* What cannot be read may be one. */
		if (r != -ENODATA && r != -EPERM)
			return r;
	}
	device->lost = false;
	return 0;
}

int
install_run(struct install *in, struct error *e)
{
	int r = in->first ? make_first(in, e) : 0;

	in->done = 0;
	in->there = false;
	in->slot = choose_slot(in->device);
	if (r == 0)
		r = device_need_state(in->device, e);
	if (r == 0)
		r = check_trial(in, e);
	if (r == 0)
		r = in->at > 0 ? take_stored(in, e)
			       : source_release(in->source, &in->device->trust, &tail,
					 &in->release, e);
	if (r == 0)
		r = check_offer(in, e);
	if (r < 0)
		return r;
	in->there = is_there(in);
	if (in->there)
		return 0;
	r = count_present(in, e);
	if (r == 0)
		r = begin(in, e);
	if (r == 0)
		r = stream(in, e);
	if (r < 0 && in->device->state.slots.slot[in->slot].state == SLOT_WRITING) {
		memcpy(in->device->note.why, e->text, strnlen(e->text, HISTORY_WHY - 1));
		device_tell(in->device, HISTORY_FAILED, in->slot);
	}
	return r;
}

uint64_t
install_resume_at(struct device *device, uint8_t *slot)
{
	static struct release release;
	struct error e;
	uint32_t whole;

	for (*slot = 0; *slot < SLOT_COUNT; ++*slot)
		if (device->state.slots.slot[*slot].state == SLOT_WRITING)
			break;
	if (*slot == SLOT_COUNT ||
		verify_release(device, *slot, &present, &release, &e) < 0 ||
		memcmp(release.hash, device->state.slots.slot[*slot].image.hash,
			SLOT_HASH) != 0)
		return 0;
	verify_span(
		device->slot[*slot], &release, 0, release.chunks, present.first, &whole);
	return first_bytes(&release, whole);
}
