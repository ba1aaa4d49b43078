/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_SLOT_H
#define ROLLBACK_SLOT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What a device decides about its two slots: state and event in, state out, no system
 * calls. One event is one write of the state record, so a power cut leaves the state
 * before it or the one after it.
 *
 *   state    event     what happens; any other event is refused and changes nothing
 *   EMPTY    BEGIN     WRITING
 *   WRITING  BEGIN     WRITING, the same image (a resume) or another one
 *            FINISH    STAGED
 *   STAGED   BEGIN     WRITING
 *            ARM       TRYING, no attempt made
 *   TRYING   JUMP      an attempt more, to be written down before the jump
 *            HEALTHY   GOOD and the default; after a kexec, where a cold trial is
 *                      asked for too, TRYING, armed for that one
 *            BACK      BAD on evidence; without, to be tried again, and after
 *                      SLOT_TRIES attempts STAGED and shelved
 *            REVERT    STAGED before an attempt, BAD after it
 *   GOOD     BEGIN     WRITING, if the running slot is GOOD: that is then the default
 *            REVERT    the other one, GOOD too, becomes the default; not offered again
 *   BAD      BEGIN     WRITING
 *   any      LOST      EMPTY: its bytes are not what was signed. Not the last GOOD one
 *   any      ADOPT     GOOD and the default, where no slot is GOOD (the state was lost),
 *                      or only the other one, whose bytes are lost: that is then EMPTY
 *
 * Invariants, tested over all states x events and over random strings of events:
 *  - where a slot is GOOD the default names a GOOD one, and one stays GOOD for ever;
 *  - a slot leaves GOOD by BEGIN, LOST or ADOPT only, and only where the other one is
 *    GOOD after it: no count and no trial takes a confirmed slot away;
 *  - an attempt is one-shot: a second JUMP needs a verdict on the first, and at most
 *    SLOT_TRIES attempts follow one ARM without proof of health;
 *  - BAD needs evidence, or a person who said REVERT;
 *  - a cold trial begins after a passed kexec trial or under a firmware watchdog, and a
 *    kexec trial arms exactly one;
 *  - at most one slot is TRYING, and meanwhile nothing is installed;
 *  - what is on the list of refused images is not begun again;
 *  - the floor never falls and is never above the version of a GOOD slot.
 */
#define SLOT_COUNT   2
#define SLOT_NONE    SLOT_COUNT /* in place of an index */
#define SLOT_TRIES   5 /* attempts without a verdict until a trial is shelved */
#define SLOT_HASH    32 /* bytes of SHA-256 */
#define SLOT_REFUSED 16 /* images remembered; the oldest is forgotten */

enum slot_state {
	SLOT_EMPTY,
	SLOT_WRITING, /* parts of an image; it cannot be booted */
	SLOT_STAGED, /* a whole image, never confirmed, not to be tried now */
	SLOT_TRYING, /* to be tried, or being tried */
	SLOT_GOOD, /* confirmed */
	SLOT_BAD, /* proved broken */
	SLOT_STATES
};

/* The ways of a trial, as bits. */
#define TRIAL_KEXEC 1u
#define TRIAL_COLD  2u /* through the firmware */

/* What is known of an image from its signed release. */
struct slot_image {
	uint8_t hash[SLOT_HASH]; /* of the image */
	uint8_t content[SLOT_HASH]; /* the content id that the running image carries */
	uint64_t version;
	uint64_t floor; /* the oldest version to go back to; <= version */
};

struct slot {
	enum slot_state state;
	struct slot_image image; /* all 0 in EMPTY */
	uint8_t tries; /* TRYING: attempts in this way. STAGED: SLOT_TRIES if shelved */
	uint8_t way; /* TRYING: TRIAL_KEXEC or TRIAL_COLD */
	bool cold_next; /* TRYING by kexec: a cold trial follows */
	bool jumped; /* TRYING: an attempt was made and has no verdict */
};

struct slots {
	struct slot slot[SLOT_COUNT];
	uint8_t chosen; /* the default, SLOT_NONE while no slot is GOOD */
	uint8_t refused_count;
	uint8_t refused[SLOT_REFUSED][SLOT_HASH]; /* hashes, oldest first */
	uint64_t floor; /* versions below it are refused */
	int64_t clock; /* latest signed time seen, in seconds */
};

enum slot_event {
	SLOT_BEGIN, /* slot, image, clock, running, older: an image is to be written */
	SLOT_FINISH, /* slot: its last byte is durable and was read back */
	SLOT_ARM, /* slot, ways, guarded, again: it is to be tried */
	SLOT_JUMP, /* slot: the jump comes next */
	SLOT_HEALTHY, /* running: it did its trial time */
	SLOT_BACK, /* running, evidence: the attempt on the other slot is over */
	SLOT_REVERT, /* running: a person does not want what is newest */
	SLOT_LOST, /* slot */
	SLOT_ADOPT, /* slot, image, clock, lost: it runs, is healthy, signed and whole */
	SLOT_EVENTS
};

struct slot_input {
	enum slot_event event;
	uint8_t slot; /* < SLOT_COUNT */
	uint8_t running; /* found by content id; SLOT_NONE if neither is */
	uint8_t ways; /* TRIAL_KEXEC, TRIAL_COLD or both */
	bool guarded; /* a firmware watchdog covers a cold start */
	bool again; /* a shelved image may be tried once more */
	bool older; /* an older version is wanted */
	bool lost; /* the other slot's bytes are not what was signed */
	bool evidence; /* of a failed attempt: watchdog, panic, record of ill health */
	struct slot_image image;
	int64_t clock; /* when the image's release was signed */
};

/* Why an event was refused; 0 if it was not. */
enum slot_refusal {
	SLOT_OK,
	SLOT_WRONG_STATE,
	SLOT_TRIAL_OPEN, /* a trial awaits its verdict, or its revert */
	SLOT_NOT_CONFIRMED, /* the running slot is not GOOD */
	SLOT_IN_USE, /* the slot runs */
	SLOT_KNOWN_BAD, /* its hash is on the list */
	SLOT_SAME, /* the other slot holds this image or this content id */
	SLOT_BELOW_FLOOR,
	SLOT_OLDER, /* than the default's version */
	SLOT_SHELVED, /* SLOT_TRIES attempts gave no verdict */
	SLOT_UNGUARDED, /* a cold trial without a proof by kexec */
	SLOT_LAST_GOOD, /* nothing confirmed would be left */
	SLOT_REFUSALS
};

/* One step; refused, slots is as it was. */
enum slot_refusal slot_step(struct slots *slots, const struct slot_input *input);

/* All EMPTY, no default, floor and clock 0. */
void slot_init(struct slots *slots);

/*
 * What a launcher boots: an armed cold trial, else the default, else the other GOOD slot,
 * else, lest the device be lost, one that is not BAD; only of those with usable[i]
 * (signed, whole, not below the floor). SLOT_NONE: a rescue. *trial: JUMP comes first.
 */
uint8_t slot_pick(const struct slots *slots, const bool usable[SLOT_COUNT], bool *trial);

/* The slot of the open trial, or SLOT_NONE. */
uint8_t slot_trying(const struct slots *slots);

/* True if the image's hash is on the list. */
bool slot_is_refused(const struct slots *slots, const uint8_t hash[SLOT_HASH]);

/* False if no string of events leads to such a state: it was not written by us. */
bool slot_sane(const struct slots *slots);

/* "empty", "trying" ... */
const char *slot_state_name(enum slot_state state);

/* For messages: "is known to be bad" ... */
const char *slot_refusal_text(enum slot_refusal refusal);

#endif
