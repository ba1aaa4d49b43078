/* SPDX-License-Identifier: ISC */
#include "state.h"

#include <errno.h>
#include <string.h>

#include "codec.h"
#include "error.h"
#include "wire.h"

static void
code_hash(struct codec *c, uint8_t hash[SLOT_HASH])
{
	for (size_t i = 0; i < SLOT_HASH; i++)
		codec_u8(c, &hash[i]);
}

static void
code_flag(struct codec *c, bool *flag)
{
	uint8_t byte = *flag;

	codec_u8(c, &byte);
	if (byte > 1)
		c->too_many = true;
	*flag = byte == 1;
}

static void
code_slot(struct codec *c, struct slot *slot)
{
	uint8_t state = (uint8_t)slot->state;

	codec_u8(c, &state);
	if (state >= SLOT_STATES) {
		c->too_many = true;
		state = SLOT_EMPTY;
	}
	slot->state = (enum slot_state)state;
	code_hash(c, slot->image.hash);
	code_hash(c, slot->image.content);
	codec_u64(c, &slot->image.version);
	codec_u64(c, &slot->image.floor);
	codec_u8(c, &slot->tries);
	codec_u8(c, &slot->way);
	code_flag(c, &slot->cold_next);
	code_flag(c, &slot->jumped);
}

static void
code_slots(struct codec *c, struct slots *slots)
{
	for (size_t i = 0; i < SLOT_COUNT; i++)
		code_slot(c, &slots->slot[i]);
	codec_u8(c, &slots->chosen);
	codec_u8(c, &slots->refused_count);
	if (slots->refused_count > SLOT_REFUSED) {
		c->too_many = true;
		slots->refused_count = 0;
	}
	for (size_t i = 0; i < slots->refused_count; i++)
		code_hash(c, slots->refused[i]);
	codec_u64(c, &slots->floor);
	codec_i64(c, &slots->clock);
}

size_t
state_pack(uint8_t bytes[RECORD_PAYLOAD], const struct slots *slots)
{
	struct slots copy = *slots;
	struct wire_writer w;
	struct codec c = {.writer = &w};

	wire_write_fixed(&w, bytes, RECORD_PAYLOAD);
	code_slots(&c, &copy);
	return w.size;
}

bool
state_unpack(struct slots *slots, const uint8_t *bytes, size_t size)
{
	struct wire_reader r;
	struct codec c = {.reader = &r};

	slot_init(slots);
	wire_read_init(&r, bytes, size);
	code_slots(&c, slots);
	return !r.failed && !c.too_many && r.at == size && slot_sane(slots);
}

int
state_open(struct state *state, struct block *block, uint64_t unit, unsigned copies,
	struct error *e)
{
	int r = record_open(&state->record, block, unit, copies, STATE_VERSION, e);

	if (r == 0 && !state_unpack(&state->slots, record_payload(&state->record),
			      state->record.size))
		r = error_set(e, ENODATA, "%s: the state makes no sense", block->name);
	if (r < 0)
		slot_init(&state->slots);
	return r;
}

int
state_step(struct state *state, const struct slot_input *input,
	enum slot_refusal *refusal, struct error *e)
{
	uint8_t bytes[RECORD_PAYLOAD];
	struct slots before = state->slots;
	int r;

	*refusal = slot_step(&state->slots, input);
	if (*refusal != SLOT_OK)
		return 0;
	r = record_put(&state->record, bytes, state_pack(bytes, &state->slots), e);
	if (r < 0)
		state->slots = before;
	return r;
}
