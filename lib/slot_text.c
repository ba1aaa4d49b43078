/* SPDX-License-Identifier: ISC */
#include "slot.h"

const char *
slot_state_name(enum slot_state state)
{
	static const char *const names[SLOT_STATES] = {
		[SLOT_EMPTY] = "empty",
		[SLOT_WRITING] = "writing",
		[SLOT_STAGED] = "staged",
		[SLOT_TRYING] = "trying",
		[SLOT_GOOD] = "good",
		[SLOT_BAD] = "bad",
	};

	return names[state];
}

const char *
slot_refusal_text(enum slot_refusal refusal)
{
	static const char *const texts[SLOT_REFUSALS] = {
		[SLOT_OK] = "is done",
		[SLOT_WRONG_STATE] = "is in no state for that",
		[SLOT_TRIAL_OPEN] =
			"has to wait for the trial's verdict, or for its revert",
		[SLOT_NOT_CONFIRMED] = "has to wait until what runs is confirmed",
		[SLOT_IN_USE] = "is what runs",
		[SLOT_KNOWN_BAD] = "is known to be bad",
		[SLOT_SAME] = "is what the other slot holds",
		[SLOT_BELOW_FLOOR] = "is below the security floor",
		[SLOT_OLDER] = "is older than the default: --older insists",
		[SLOT_SHELVED] = "is shelved, its trials told nothing: --again insists",
		[SLOT_UNGUARDED] =
			"has no guard: a trial by kexec comes before a cold one",
		[SLOT_LAST_GOOD] = "is the only confirmed one",
	};

	return texts[refusal];
}
