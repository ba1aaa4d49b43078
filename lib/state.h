/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_STATE_H
#define ROLLBACK_STATE_H

#include "record.h"
#include "slot.h"

/*
 * The slots as the payload of a record: what lib/codec.h writes of struct slots, in the
 * order of its members, of the refused hashes those that are there.
 */
#define STATE_VERSION 1

struct state {
	struct record record;
	struct slots slots; /* as the medium has them */
};

/* Writes at most RECORD_PAYLOAD bytes; their count. */
size_t state_pack(uint8_t bytes[RECORD_PAYLOAD], const struct slots *slots);

/* False if the bytes are none that state_pack() writes of a sane state. */
bool state_unpack(struct slots *slots, const uint8_t *bytes, size_t size);

/*
 * Reads the state; as record_open(), and -ENODATA with slot_init() where there is none or
 * the newest makes no sense.
 */
int state_open(struct state *state, struct block *block, uint64_t unit, unsigned copies,
	struct error *e);

/*
 * One step, durable when it returns. *refusal says whether it was refused; then, and
 * where the write failed (-errno with e), state->slots is as it was.
 */
int state_step(struct state *state, const struct slot_input *input,
	enum slot_refusal *refusal, struct error *e);

#endif
