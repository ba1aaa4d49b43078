/* SPDX-License-Identifier: ISC */
#include "slot.h"

#include <string.h>

static bool
is_good(const struct slots *slots, uint8_t i)
{
	return i < SLOT_COUNT && slots->slot[i].state == SLOT_GOOD;
}

static uint8_t
other(uint8_t i)
{
	return (uint8_t)(1 - i);
}

uint8_t
slot_trying(const struct slots *slots)
{
	for (uint8_t i = 0; i < SLOT_COUNT; i++)
		if (slots->slot[i].state == SLOT_TRYING)
			return i;
	return SLOT_NONE;
}

bool
slot_is_refused(const struct slots *slots, const uint8_t hash[SLOT_HASH])
{
	for (unsigned i = 0; i < slots->refused_count; i++)
		if (memcmp(slots->refused[i], hash, SLOT_HASH) == 0)
			return true;
	return false;
}

static void
forget(struct slots *slots, unsigned at)
{
	slots->refused_count--;
	memmove(slots->refused[at], slots->refused[at + 1],
		(size_t)(slots->refused_count - at) * SLOT_HASH);
	memset(slots->refused[slots->refused_count], 0, SLOT_HASH);
}

static void
remember(struct slots *slots, const uint8_t hash[SLOT_HASH])
{
	if (slot_is_refused(slots, hash))
		return;
	if (slots->refused_count == SLOT_REFUSED)
		forget(slots, 0);
	memcpy(slots->refused[slots->refused_count++], hash, SLOT_HASH);
}

/* To a state in which nothing is being tried. */
static void
settle(struct slot *slot, enum slot_state state)
{
	slot->state = state;
	slot->tries = 0;
	slot->way = 0;
	slot->cold_next = false;
	slot->jumped = false;
}

static void
clear(struct slot *slot)
{
	memset(slot, 0, sizeof(*slot));
}

/* GOOD, the default, and only then the floor, up to what every GOOD slot allows. */
static void
promote(struct slots *slots, uint8_t i)
{
	uint64_t least = UINT64_MAX;

	settle(&slots->slot[i], SLOT_GOOD);
	slots->chosen = i;
	for (uint8_t k = 0; k < SLOT_COUNT; k++)
		if (is_good(slots, k) && slots->slot[k].image.floor < least)
			least = slots->slot[k].image.floor;
	if (least > slots->floor)
		slots->floor = least;
}

static enum slot_refusal
check_versions(const struct slots *slots, const struct slot_input *input)
{
	const struct slot_image *image = &input->image;
	const struct slot_image *now;

	if (image->version < slots->floor || image->version < image->floor)
		return SLOT_BELOW_FLOOR;
	if (!is_good(slots, slots->chosen))
		return SLOT_OK;
	now = &slots->slot[slots->chosen].image;
	/* The device's floor waits for the other slot; a new image need not. */
	if (image->version < now->floor)
		return SLOT_BELOW_FLOOR;
	if (image->version < now->version && !input->older)
		return SLOT_OLDER;
	return SLOT_OK;
}

/* Of a release whose signatures hold. */
static void
see_time(struct slots *slots, int64_t clock)
{
	if (clock > slots->clock)
		slots->clock = clock;
}

static enum slot_refusal
begin(struct slots *slots, const struct slot_input *input)
{
	uint8_t rest = other(input->slot);
	const struct slot *kept = &slots->slot[rest];
	enum slot_refusal r;

	if (slot_trying(slots) != SLOT_NONE)
		return SLOT_TRIAL_OPEN;
	if (input->running == input->slot)
		return SLOT_IN_USE;
	if (input->running != SLOT_NONE && !is_good(slots, input->running))
		return SLOT_NOT_CONFIRMED;
	if (is_good(slots, input->slot) && kept->state != SLOT_GOOD)
		return SLOT_LAST_GOOD;
	if (slot_is_refused(slots, input->image.hash))
		return SLOT_KNOWN_BAD;
	if ((kept->state == SLOT_GOOD || kept->state == SLOT_STAGED) &&
		(memcmp(kept->image.hash, input->image.hash, SLOT_HASH) == 0 ||
			memcmp(kept->image.content, input->image.content, SLOT_HASH) ==
				0))
		return SLOT_SAME;
	r = check_versions(slots, input);
	if (r != SLOT_OK)
		return r;
	if (kept->state == SLOT_GOOD)
		slots->chosen = rest;
	settle(&slots->slot[input->slot], SLOT_WRITING);
	slots->slot[input->slot].image = input->image;
	see_time(slots, input->clock);
	return SLOT_OK;
}

static enum slot_refusal
finish(struct slots *slots, const struct slot_input *input)
{
	if (slots->slot[input->slot].state != SLOT_WRITING)
		return SLOT_WRONG_STATE;
	settle(&slots->slot[input->slot], SLOT_STAGED);
	return SLOT_OK;
}

static enum slot_refusal
arm(struct slots *slots, const struct slot_input *input)
{
	struct slot *slot = &slots->slot[input->slot];
	unsigned ways = input->ways;

	if (slot_trying(slots) != SLOT_NONE)
		return SLOT_TRIAL_OPEN;
	if (slot->state != SLOT_STAGED || ways == 0 || ways > (TRIAL_KEXEC | TRIAL_COLD))
		return SLOT_WRONG_STATE;
	if (slot_is_refused(slots, slot->image.hash))
		return SLOT_KNOWN_BAD;
	if (slot->image.version < slots->floor)
		return SLOT_BELOW_FLOOR;
	if (slot->tries == SLOT_TRIES && !input->again)
		return SLOT_SHELVED;
	if (ways == TRIAL_COLD && !input->guarded)
		return SLOT_UNGUARDED;
	settle(slot, SLOT_TRYING);
	slot->way = ways & TRIAL_KEXEC ? TRIAL_KEXEC : TRIAL_COLD;
	slot->cold_next = ways == (TRIAL_KEXEC | TRIAL_COLD);
	return SLOT_OK;
}

static enum slot_refusal
jump(struct slots *slots, const struct slot_input *input)
{
	struct slot *slot = &slots->slot[input->slot];

	if (slot->state != SLOT_TRYING)
		return SLOT_WRONG_STATE;
	if (slot->jumped)
		return SLOT_TRIAL_OPEN;
	slot->tries++;
	slot->jumped = true;
	return SLOT_OK;
}

static enum slot_refusal
healthy(struct slots *slots, const struct slot_input *input)
{
	struct slot *slot;

	if (input->running >= SLOT_COUNT)
		return SLOT_WRONG_STATE;
	slot = &slots->slot[input->running];
	if (slot->state != SLOT_TRYING || !slot->jumped)
		return SLOT_WRONG_STATE;
	if (slot->image.version < slots->floor)
		return SLOT_BELOW_FLOOR;
	if (!slot->cold_next) {
		promote(slots, input->running);
		return SLOT_OK;
	}
	settle(slot, SLOT_TRYING);
	slot->way = TRIAL_COLD;
	return SLOT_OK;
}

static enum slot_refusal
back(struct slots *slots, const struct slot_input *input)
{
	uint8_t i = slot_trying(slots);
	struct slot *slot;

	if (i == SLOT_NONE || input->running == i || !slots->slot[i].jumped)
		return SLOT_WRONG_STATE;
	slot = &slots->slot[i];
	if (input->evidence) {
		settle(slot, SLOT_BAD);
		remember(slots, slot->image.hash);
	} else if (slot->tries >= SLOT_TRIES) {
		settle(slot, SLOT_STAGED);
		slot->tries = SLOT_TRIES;
	} else {
		slot->jumped = false;
	}
	return SLOT_OK;
}

static enum slot_refusal
revert(struct slots *slots, const struct slot_input *input)
{
	uint8_t i = slot_trying(slots);

	if (i != SLOT_NONE) {
		struct slot *slot = &slots->slot[i];
		bool tried = slot->jumped || input->running == i;

		settle(slot, tried ? SLOT_BAD : SLOT_STAGED);
		if (tried)
			remember(slots, slot->image.hash);
		return SLOT_OK;
	}
	if (!is_good(slots, slots->chosen))
		return SLOT_WRONG_STATE;
	i = other(slots->chosen);
	if (!is_good(slots, i))
		return SLOT_LAST_GOOD;
	remember(slots, slots->slot[slots->chosen].image.hash);
	for (unsigned k = slots->refused_count; k-- > 0;)
		if (memcmp(slots->refused[k], slots->slot[i].image.hash, SLOT_HASH) == 0)
			forget(slots, k);
	slots->chosen = i;
	return SLOT_OK;
}

static enum slot_refusal
lost(struct slots *slots, const struct slot_input *input)
{
	struct slot *slot = &slots->slot[input->slot];

	if (slot->state == SLOT_EMPTY)
		return SLOT_WRONG_STATE;
	if (slot->state == SLOT_GOOD) {
		if (!is_good(slots, other(input->slot)))
			return SLOT_LAST_GOOD;
		slots->chosen = other(input->slot);
	}
	clear(slot);
	return SLOT_OK;
}

static enum slot_refusal
adopt(struct slots *slots, const struct slot_input *input)
{
	uint8_t rest = other(input->slot);

	if (is_good(slots, input->slot))
		return SLOT_WRONG_STATE;
	if (is_good(slots, rest) && !input->lost)
		return SLOT_LAST_GOOD;
	if (slot_is_refused(slots, input->image.hash))
		return SLOT_KNOWN_BAD;
	if (input->image.version < slots->floor ||
		input->image.version < input->image.floor)
		return SLOT_BELOW_FLOOR;
	if (input->lost)
		clear(&slots->slot[rest]);
	slots->slot[input->slot].image = input->image;
	see_time(slots, input->clock);
	promote(slots, input->slot);
	return SLOT_OK;
}

enum slot_refusal
slot_step(struct slots *slots, const struct slot_input *input)
{
	static enum slot_refusal (*const step[SLOT_EVENTS])(
		struct slots *, const struct slot_input *) = {
		[SLOT_BEGIN] = begin,
		[SLOT_FINISH] = finish,
		[SLOT_ARM] = arm,
		[SLOT_JUMP] = jump,
		[SLOT_HEALTHY] = healthy,
		[SLOT_BACK] = back,
		[SLOT_REVERT] = revert,
		[SLOT_LOST] = lost,
		[SLOT_ADOPT] = adopt,
	};

	if (input->slot >= SLOT_COUNT || input->event >= SLOT_EVENTS)
		return SLOT_WRONG_STATE;
	return step[input->event](slots, input);
}

void
slot_init(struct slots *slots)
{
	memset(slots, 0, sizeof(*slots));
	slots->chosen = SLOT_NONE;
}

uint8_t
slot_pick(const struct slots *slots, const bool usable[SLOT_COUNT], bool *trial)
{
	uint8_t i = slot_trying(slots);

	*trial = i != SLOT_NONE && usable[i] && slots->slot[i].way == TRIAL_COLD &&
		 !slots->slot[i].jumped;
	if (*trial)
		return i;
	if (is_good(slots, slots->chosen) && usable[slots->chosen])
		return slots->chosen;
	/* Of two slots that leaves one, where the default is known. */
	for (i = 0; i < SLOT_COUNT; i++)
		if (usable[i] && slots->slot[i].state != SLOT_BAD)
			return i;
	return SLOT_NONE;
}

static bool
slot_sane_one(const struct slot *slot, uint64_t floor)
{
	static const struct slot empty;

	if (slot->state >= SLOT_STATES || slot->image.floor > slot->image.version)
		return false;
	if (slot->state == SLOT_EMPTY)
		return memcmp(&slot->image, &empty.image, sizeof(empty.image)) == 0 &&
		       !slot->tries && !slot->way && !slot->cold_next && !slot->jumped;
	if (slot->state == SLOT_GOOD && slot->image.version < floor)
		return false;
	if (slot->state == SLOT_TRYING) {
		if (slot->way != TRIAL_KEXEC && slot->way != TRIAL_COLD)
			return false;
		if (slot->cold_next && slot->way != TRIAL_KEXEC)
			return false;
		return slot->jumped ? slot->tries >= 1 && slot->tries <= SLOT_TRIES
				    : slot->tries < SLOT_TRIES;
	}
	if (slot->way || slot->cold_next || slot->jumped)
		return false;
	return slot->tries == 0 ||
	       (slot->state == SLOT_STAGED && slot->tries == SLOT_TRIES);
}

bool
slot_sane(const struct slots *slots)
{
	const struct slot *slot = slots->slot;

	for (uint8_t i = 0; i < SLOT_COUNT; i++)
		if (!slot_sane_one(&slot[i], slots->floor))
			return false;
	if (slot[0].state == SLOT_TRYING && slot[1].state == SLOT_TRYING)
		return false;
	if (slots->refused_count > SLOT_REFUSED)
		return false;
	if (slots->chosen != SLOT_NONE)
		return is_good(slots, slots->chosen);
	return !is_good(slots, 0) && !is_good(slots, 1);
}
