/* SPDX-License-Identifier: ISC */
#include "proceed.h"

enum proceed
proceed_next(const struct slots *slots, uint8_t running, bool waits, uint8_t *slot)
{
	const struct slot *trial;

	*slot = slot_trying(slots);
	if (running >= SLOT_COUNT)
		return PROCEED_NOTHING;
	if (*slot == SLOT_NONE) {
		*slot = (uint8_t)(1 - running);
		trial = &slots->slot[*slot];
		/* One that was shelved had its attempts. */
		return slots->slot[running].state == SLOT_GOOD &&
				       trial->state == SLOT_STAGED && trial->tries == 0
			       ? PROCEED_ARM
			       : PROCEED_NOTHING;
	}
	trial = &slots->slot[*slot];
	if (trial->jumped && !waits)
		return PROCEED_NOTHING;
	if (trial->way == TRIAL_COLD)
		return PROCEED_REBOOT;
	return running == *slot ? PROCEED_NOTHING : PROCEED_KEXEC;
}
