/* SPDX-License-Identifier: ISC */
#ifndef TESTS_SLOTS_H
#define TESTS_SLOTS_H

#include <string.h>

#include "lib/slot.h"

/* splitmix64, public domain: the same strings on every machine. */
static inline uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* An image whose hashes are all of one byte. */
static inline struct slot_image
image_of(uint8_t byte, uint64_t version, uint64_t floor)
{
	struct slot_image image = {.version = version, .floor = floor};

	memset(image.hash, byte, sizeof(image.hash));
	memset(image.content, 0xff ^ byte, sizeof(image.content));
	return image;
}

/* What an image that is begun or adopted must have been; NULL or what it broke. */
static inline const char *
broken_image(const struct slots *before, const struct slots *after,
	const struct slot_input *input)
{
	const struct slot *now = &after->slot[input->slot];
	const struct slot *rest = &before->slot[1 - input->slot];
	const struct slot_image *image = &input->image;

	if (memcmp(&now->image, image, sizeof(*image)) != 0)
		return "the slot is that of the image";
	if (slot_is_refused(before, image->hash))
		return "a refused image is not taken";
	if (image->version < before->floor || image->version < image->floor)
		return "nothing below a floor is taken";
	if (after->clock < input->clock)
		return "signed times are seen";
	if (input->event != SLOT_BEGIN)
		return NULL;
	if (input->running == input->slot)
		return "what runs is not written over";
	if ((rest->state == SLOT_GOOD || rest->state == SLOT_STAGED) &&
		(memcmp(rest->image.hash, image->hash, SLOT_HASH) == 0 ||
			memcmp(rest->image.content, image->content, SLOT_HASH) == 0))
		return "two slots can be told from each other";
	return NULL;
}

/* What one accepted step must have been of its kind; NULL or what it broke. */
static inline const char *
broken_event(const struct slots *before, const struct slots *after,
	const struct slot_input *input)
{
	const struct slot *from = &before->slot[input->slot];
	uint8_t trial = slot_trying(before);

	switch (input->event) {
	case SLOT_BEGIN:
	case SLOT_ADOPT:
		return broken_image(before, after, input);
	case SLOT_ARM:
		if (slot_is_refused(before, from->image.hash) ||
			from->image.version < before->floor)
			return "what is refused or below the floor is not tried";
		if (from->tries == SLOT_TRIES && !input->again)
			return "what was shelved is tried if somebody insists";
		return NULL;
	case SLOT_HEALTHY:
		if (before->slot[input->running].image.version < before->floor)
			return "health lifts nothing over the floor";
		return NULL;
	case SLOT_REVERT:
		if (trial != SLOT_NONE &&
			(after->slot[trial].state == SLOT_BAD) !=
				(before->slot[trial].jumped || input->running == trial))
			return "a trial that is dropped is bad once it was tried";
		return NULL;
	default:
		return NULL;
	}
}

/* What one accepted step must have kept, whatever it was; NULL or what it broke. */
static inline const char *
broken_rule(const struct slots *before, const struct slots *after,
	const struct slot_input *input)
{
	bool was_good = before->chosen != SLOT_NONE;
	unsigned trying = 0;

	if (!slot_sane(after))
		return "the state is sane";
	if (was_good && after->chosen == SLOT_NONE)
		return "one slot stays good";
	if (after->floor < before->floor || after->clock < before->clock)
		return "floor and clock never fall";
	for (uint8_t i = 0; i < SLOT_COUNT; i++) {
		const struct slot *from = &before->slot[i], *to = &after->slot[i];

		trying += to->state == SLOT_TRYING;
		if (from->state == SLOT_GOOD && to->state != SLOT_GOOD &&
			(after->slot[1 - i].state != SLOT_GOOD ||
				(input->event != SLOT_BEGIN &&
					input->event != SLOT_LOST &&
					input->event != SLOT_ADOPT)))
			return "a good slot is left only beside a good one";
		if (from->state == SLOT_GOOD && to->state == SLOT_WRITING &&
			input->running == i)
			return "what runs is not written over";
		if (to->state == SLOT_BAD && from->state != SLOT_BAD &&
			!(input->event == SLOT_REVERT ||
				(input->event == SLOT_BACK && input->evidence)))
			return "bad needs evidence";
		if (to->state == SLOT_BAD && from->state != SLOT_BAD &&
			!slot_is_refused(after, to->image.hash))
			return "what is bad is remembered";
		if (to->state == SLOT_GOOD && from->state != SLOT_GOOD &&
			input->event != SLOT_ADOPT &&
			!(from->state == SLOT_TRYING && from->jumped &&
				input->running == i))
			return "good needs an attempt that runs";
		if (from->jumped && to->jumped && to->tries != from->tries)
			return "an attempt is one-shot";
		if (input->event == SLOT_BEGIN && from->state == SLOT_TRYING)
			return "nothing is installed during a trial";
		if (to->state == SLOT_TRYING && to->way == TRIAL_COLD &&
			from->way != TRIAL_COLD &&
			!(from->way == TRIAL_KEXEC && from->jumped) && !input->guarded)
			return "a cold trial is guarded";
	}
	if (trying > 1)
		return "one trial at a time";
	return broken_event(before, after, input);
}

#endif
