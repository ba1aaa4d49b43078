/* SPDX-License-Identifier: ISC */
#include "offer.h"

#include <string.h>

static bool
holds(const struct slots *slots, const uint8_t image[SLOT_HASH])
{
	for (uint8_t i = 0; i < SLOT_COUNT; i++)
		if (slots->slot[i].state == SLOT_STAGED &&
			memcmp(slots->slot[i].image.hash, image, SLOT_HASH) == 0)
			return true;
	return false;
}

/* Whether an install could begin at all. */
static const char *
hindrance(const struct slots *slots, uint8_t running)
{
	if (slots->chosen == SLOT_NONE)
		return "nothing is confirmed yet";
	if (slot_trying(slots) != SLOT_NONE)
		return "a trial awaits its verdict";
	if (running == SLOT_NONE || slots->slot[running].state != SLOT_GOOD)
		return "what runs is not confirmed";
	return NULL;
}

enum offer
offer_pick(const struct index *index, const struct slots *slots, uint8_t running,
	int64_t clock, const struct index_release **release, const char **why)
{
	const char *skipped = "nothing newer";

	*release = NULL;
	*why = hindrance(slots, running);
	if (*why)
		return OFFER_NOTHING;
	for (size_t i = 0; i < index->releases; i++) {
		const struct index_release *this = &index->release[i];

		if (this->version <= slots->slot[slots->chosen].image.version ||
			this->version < slots->floor)
			break; /* the newest stand first */
		if (slot_is_refused(slots, this->image)) {
			skipped = "the newer one is known to be bad";
			continue;
		}
		if (this->expires <= clock) {
			skipped = "the newer one has expired";
			continue;
		}
		*release = this;
		*why = holds(slots, this->image) ? "is installed, not yet confirmed"
						 : "is newer";
		return holds(slots, this->image) ? OFFER_THERE : OFFER_INSTALL;
	}
	*why = skipped;
	return OFFER_NOTHING;
}
