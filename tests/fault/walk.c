/* SPDX-License-Identifier: ISC */
#include "walk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/update.h"
#include "rollback/keep.h"
#include "rollback/launch.h"
#include "rollback/roots.h"
#include "rollback/scrub.h"
#include "rollback/verify.h"

#define IMAGE	  (66u << 10) /* bytes, about: two chunks, the second one short */
#define SLOT_SIZE (72u << 10) + TAIL_SIZE

static struct error e;

struct memory {
	struct source source; /* the first member */
	const struct walk_update *update;
	size_t at;
};

static int
pull(struct source *source, void *data, size_t size)
{
	struct memory *memory = (struct memory *)source;

	if (size > memory->update->size - memory->at)
		return -ENODATA;
	memcpy(data, memory->update->bytes + memory->at, size);
	memory->at += size;
	return 0;
}

static int
skip(struct source *source, uint64_t size)
{
	((struct memory *)source)->at += size;
	return 0;
}

static int
more(struct source *source)
{
	struct memory *memory = (struct memory *)source;

	return memory->at < memory->update->size;
}

static void
make_update(struct walk_update *update, uint64_t version,
	const struct minisign_secret *secret)
{
	static uint8_t image[IMAGE + 8192];
	struct release *r = &update->release;
	struct update_head head;
	uint8_t hash[MINISIGN_HASH];
	char signature[MINISIGN_TEXT], *text;
	size_t size = IMAGE + version * 777;

	for (size_t i = 0; i < size; i++)
		image[i] = (uint8_t)(i * version + i / 253 + 1);
	*r = (struct release){.board = "sim",
		.version = version,
		.floor = version / 2,
		.issued = 1000 + (int64_t)version,
		.expires = 100000,
		.size = size,
		.chunk_size = release_chunk_size(size)};
	memset(r->content, (int)version, sizeof(r->content));
	crypto_hash_sha256(r->hash, image, size);
	for (; r->chunks * (uint64_t)r->chunk_size < size; r->chunks++)
		release_chunk_hash(image + r->chunks * r->chunk_size,
			release_chunk_bytes(r, r->chunks), r->chunk[r->chunks]);
	if (release_format(r, &text, &e) < 0)
		abort();
	minisign_hash(text, strlen(text), hash);
	if (minisign_sign(secret, hash, "sim", signature, &e) < 0)
		abort();
	head = (struct update_head){(uint32_t)strlen(text), (uint32_t)strlen(signature)};
	update->size = UPDATE_HEAD + strlen(text) + strlen(signature) + size;
	update->bytes = malloc(update->size);
	if (!update->bytes)
		abort();
	update_head_pack(&head, update->bytes);
	memcpy(update->bytes + UPDATE_HEAD, text, strlen(text));
	memcpy(update->bytes + UPDATE_HEAD + strlen(text), signature, strlen(signature));
	memcpy(update->bytes + update->size - size, image, size);
	free(text);
}

static int
open_device(struct walk *walk)
{
	return device_open(
		&walk->device, &walk->sim.device[SLOT_COUNT].block, WALK_UNIT, 2, &e);
}

static int
install(struct walk *walk, uint64_t version)
{
	struct memory memory = {
		.source = {.name = "update", .pull = pull, .skip = skip, .more = more},
		.update = &walk->update[version - 1]};
	struct install in = {.device = &walk->device,
		.source = &memory.source,
		.first = walk->device.lost};
	uint8_t slot;

	walk->resumed += install_resume_at(&walk->device, &slot) > 0;
	return install_run(&in, &e);
}

int
walk_install(struct walk *walk, uint64_t version, const char **why)
{
	int r = install(walk, version);

	*why = e.text;
	return r;
}

static int
send(struct walk *walk, struct slot_input input)
{
	return device_step(&walk->device, &input, &e);
}

static void
runs(struct walk *walk, uint8_t slot)
{
	walk->running = slot;
	memcpy(walk->device.content, walk->device.state.slots.slot[slot].image.content,
		SLOT_HASH);
	walk->device.has_content = true;
}

void
walk_init(struct walk *walk)
{
	static const char *const names[] = {"a", "b", "state"};
	struct minisign_secret secret;
	struct trust *trust = &walk->device.trust;
	enum confirm_result result;

	memset(walk, 0, sizeof(*walk));
	sim_init(&walk->sim);
	for (size_t i = 0; i < SLOT_COUNT; i++)
		walk->device.slot[i] = sim_add(&walk->sim, names[i], SLOT_SIZE);
	sim_add(&walk->sim, names[SLOT_COUNT],
		(2 + ROOTS_UNITS) * WALK_UNIT + WALK_HISTORY);
	if (sodium_init() < 0)
		abort();
	minisign_generate(&secret, &trust->key[0]);
	strcpy(trust->board, "sim");
	trust->keys = trust->threshold = 1;
	for (uint64_t i = 0; i < WALK_IMAGES; i++)
		make_update(&walk->update[i], i + 1, &secret);
	/* As a factory does it: one image, written by the same code, and confirmed. */
	if (open_device(walk) < 0 || install(walk, 1) < 0)
		abort();
	runs(walk, 0);
	if (confirm_run(&walk->device, &result, &e) < 0)
		abort();
}

void
walk_free(struct walk *walk)
{
	sim_free(&walk->sim);
	for (size_t i = 0; i < WALK_IMAGES; i++)
		free(walk->update[i].bytes);
}

/* What was durable stays. */
static const char *
check_kept(struct walk *walk)
{
	const struct slots *slots = &walk->device.state.slots;

	if (slots->floor < walk->floor)
		return "the floor fell";
	walk->floor = slots->floor;
	if (walk->device.history.newest < walk->told)
		return "the history lost what it had told";
	walk->told = walk->device.history.newest;
	for (size_t i = 0; i < WALK_IMAGES; i++) {
		bool refused = slot_is_refused(slots, walk->update[i].release.hash);

		if (walk->refused[i] && !refused)
			return "a refused image was forgotten";
		walk->refused[i] = refused && i == 2;
	}
	return NULL;
}

/* In place of the kernel's part of load_picked(). */
static int
load(struct device *device, uint8_t slot, bool trial, struct error *why)
{
	static struct release release;
	struct slot_input input = {.event = SLOT_JUMP, .slot = slot};
	int r = verify_slot(device, slot, &release, why);

	return r < 0 || !trial ? r : device_step(device, &input, why);
}

const char *
walk_boot(struct walk *walk, bool evidence)
{
	static struct release release;
	struct launch launch = {
		.device = &walk->device, .evidence = evidence, .load = load};
	struct slots *slots = &walk->device.state.slots;
	const char *wrong;
	uint8_t slot;

	walk->boots++;
	if (open_device(walk) < 0 || walk->device.lost)
		return walk->sim.dead ? NULL : "the state is lost";
	wrong = check_kept(walk);
	if (wrong)
		return wrong;
	for (uint8_t i = 0; i < SLOT_COUNT; i++)
		if (verify_slot(&walk->device, i, &release, &e) < 0 && !walk->sim.dead &&
			slots->slot[i].state != SLOT_EMPTY &&
			slots->slot[i].state != SLOT_WRITING)
			return "a slot is not what its state says";
	if (launch_run(&launch, &slot, &e) < 0)
		return walk->sim.dead ? NULL : "no slot boots";
	if (walk->sim.dead)
		return NULL;
	if (slots->slot[slot].state == SLOT_TRYING) {
		if (slots->slot[slot].way != TRIAL_COLD || !slots->slot[slot].jumped)
			return "no attempt on record";
	} else if (slots->slot[slot].state != SLOT_GOOD) {
		return "boots what is not confirmed";
	} else if (slot != slots->chosen) {
		return "the default does not boot";
	}
	runs(walk, slot);
	return NULL;
}

/* The version of what runs if that is confirmed and the default, else 0. */
static uint64_t
confirmed(const struct walk *walk)
{
	const struct slots *slots = &walk->device.state.slots;

	return slots->chosen == walk->running ? slots->slot[walk->running].image.version
					      : 0;
}

/* Towards a version being confirmed; true once it is. */
static bool
towards(struct walk *walk, uint64_t version, uint8_t ways)
{
	const struct slots *slots = &walk->device.state.slots;
	uint8_t t = slot_trying(slots), free_slot = walk->running ^ 1;
	enum confirm_result result;

	if (confirmed(walk) == version)
		return true;
	if (t != SLOT_NONE && t == walk->running && slots->slot[t].jumped)
		confirm_run(&walk->device, &result, &e);
	else if (t != SLOT_NONE && slots->slot[t].way == TRIAL_COLD)
		walk_boot(walk, false);
	else if (t != SLOT_NONE) {
		if (send(walk, (struct slot_input){.event = SLOT_JUMP, .slot = t}) == 0)
			runs(walk, t);
	} else if (slots->slot[free_slot].state == SLOT_STAGED &&
		   slots->slot[free_slot].image.version == version)
		send(walk, (struct slot_input){.event = SLOT_ARM,
				   .slot = free_slot,
				   .ways = ways,
				   .again = true});
	else
		install(walk, version);
	return false;
}

/* Towards v3 being refused for ever; true once it is. */
static bool
towards_bad(struct walk *walk)
{
	const struct slots *slots = &walk->device.state.slots;
	uint8_t t = slot_trying(slots);

	if (slot_is_refused(slots, walk->update[2].release.hash)) {
		if (install(walk, 3) == 0)
			abort(); /* offered again, and taken */
		return true;
	}
	if (t != SLOT_NONE && t == walk->running)
		walk_boot(walk, true); /* it panics */
	else
		towards(walk, 3, TRIAL_KEXEC);
	return false;
}

/* Towards v4 being armed, and disarmed by a person. */
static bool
towards_disarmed(struct walk *walk)
{
	const struct slots *slots = &walk->device.state.slots;
	const struct slot *slot = &slots->slot[walk->running ^ 1];

	if (slot->state == SLOT_TRYING && !slot->jumped)
		return send(walk, (struct slot_input){.event = SLOT_REVERT,
					  .running = walk->running}) == 0;
	towards(walk, 4, TRIAL_KEXEC);
	return false;
}

/* Back to v2, which is GOOD in the other slot, by a person. */
static bool
towards_old(struct walk *walk)
{
	if (confirmed(walk) == 2)
		return true;
	if (walk->device.state.slots.chosen == walk->running)
		send(walk, (struct slot_input){
				   .event = SLOT_REVERT, .running = walk->running});
	else
		walk_boot(walk, false);
	return false;
}

/* One copy of the state is broken by hand, and mended. */
static bool
towards_mended(struct walk *walk)
{
	struct repair repair = {.device = &walk->device};
	unsigned older = walk->device.state.record.newest ^ 1;

	if (!walk->sim.dead && walk->device.state.record.valid[older]) {
		memset(walk->sim.device[SLOT_COUNT].view + older * WALK_UNIT, 0x55, 512);
		memset(walk->sim.device[SLOT_COUNT].medium + older * WALK_UNIT, 0x55,
			512);
		if (open_device(walk) < 0)
			return false;
	}
	return repair_run(&repair, &e) == 0 && repair.left == 0;
}

/* Each slot has its sum. */
static bool
towards_scrubbed(struct walk *walk)
{
	enum scrub_result result;

	for (uint8_t i = 0; i < SLOT_COUNT; i++) {
		if (scrub_look(&walk->device, i, 0, &result, &e) < 0)
			return false;
		if (result == SCRUB_WHOLE)
			continue;
		scrub_settle(&walk->device, i, &e);
		return false;
	}
	return true;
}

bool
walk_step(struct walk *walk)
{
	bool done = false;

	walk->steps++;
	switch (walk->goal) {
	case 0:
		done = towards(walk, 2, TRIAL_KEXEC | TRIAL_COLD);
		break;
	case 1:
		done = towards_bad(walk);
		break;
	case 2:
		done = towards_disarmed(walk);
		break;
	case 3:
		done = towards(walk, 5, TRIAL_KEXEC);
		break;
	case 4:
		done = towards_old(walk);
		break;
	case 5:
		done = towards_mended(walk);
		break;
	case 6:
		done = towards_scrubbed(walk);
		break;
	default:
		return false;
	}
	walk->goal += done && !walk->sim.dead;
	return true;
}
