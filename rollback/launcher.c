/* SPDX-License-Identifier: ISC */
#include "launcher.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/error.h"
#include "verify.h"
#include "write.h"

static struct tail tail; /* of the release that is written */
static struct release present[LAUNCHER_COPIES];

/* A copy as the source of the other one. */
struct copy {
	struct source source; /* the first member */
	struct block *block;
	uint64_t at;
};

static int
pull(struct source *source, void *data, size_t size)
{
	struct copy *copy = (struct copy *)source;
	size_t whole = (size + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
	int r = copy->block->read_back(copy->block, copy->at, data, whole);

	copy->at += size;
	return r;
}

static int
more(struct source *source)
{
	(void)source;
	return 0;
}

static void
look(struct device *copies, bool whole[LAUNCHER_COPIES])
{
	struct error why;

	for (uint8_t i = 0; i < LAUNCHER_COPIES; i++)
		whole[i] = verify_slot(copies, i, &present[i], &why) == 0;
}

static int
write_copy(struct block *block, struct source *source, const struct release *release,
	struct error *e)
{
	struct writer writer = {
		.block = block, .tail = &tail, .source = source, .release = release};
	int r = write_begin(&writer, e);

	for (uint32_t i = 0; r == 0 && i < release->chunks; i++)
		r = write_chunk(&writer, i, e);
	if (r == 0)
		r = write_settle(&writer, e);
	if (r == 0)
		r = source_end(source, e);
	return r < 0 ? r : write_first(block, &tail, e);
}

/* From a copy that is whole to the other one. */
static int
mirror(struct device *copies, uint8_t from, struct error *e)
{
	static struct release release;
	struct copy copy = {
		.source = {.name = copies->slot[from]->name, .pull = pull, .more = more},
		.block = copies->slot[from]};
	int r = verify_release(copies, from, &tail, &release, e);

	return r < 0 ? r : write_copy(copies->slot[from ^ 1], &copy.source, &release, e);
}

static int
check_offer(const struct launcher_install *in, const bool whole[LAUNCHER_COPIES],
	struct error *e)
{
	const struct release *offer = &in->release;
	const char *name = in->source->name;

	if (offer->expires <= in->clock)
		return error_set(e, EPERM, "%s: has expired", name);
	if (in->copies->files && offer->kernel_size == 0)
		return error_set(e, EPERM,
			"%s: holds a bare kernel, the firmware starts a file system's",
			name);
	for (uint8_t i = 0; i < LAUNCHER_COPIES; i++) {
		struct block *block = in->copies->slot[i];

		if (offer->size > tail_room(block))
			return error_set(e, ENOSPC,
				"%s: holds %" PRIu64 " bytes, the launcher has %" PRIu64,
				block->name, tail_room(block), offer->size);
		if (!whole[i])
			continue;
		if (offer->version < present[i].floor)
			return error_set(e, EPERM, "%s: %s", name,
				slot_refusal_text(SLOT_BELOW_FLOOR));
		if (offer->version < present[i].version && !in->older)
			return error_set(e, EPERM,
				"%s: is older than the launcher that is there, version %" PRIu64,
				name, present[i].version);
	}
	return 0;
}

static bool
is_there(const struct launcher_install *in, const bool whole[LAUNCHER_COPIES], uint8_t i)
{
	return whole[i] && memcmp(present[i].hash, in->release.hash, RELEASE_HASH) == 0;
}

int
launcher_install(struct launcher_install *in, struct error *e)
{
	bool whole[LAUNCHER_COPIES];
	uint8_t first;
	struct error why;
	int r = source_release(in->source, &in->copies->trust, &tail, &in->release, e);

	if (r < 0)
		return r;
	look(in->copies, whole);
	r = check_offer(in, whole, e);
	in->there = is_there(in, whole, 0) && is_there(in, whole, 1);
	if (r < 0 || in->there)
		return r;
	/* The one that is in use stays until the other one is whole. */
	first = whole[0] ? 1 : 0;
	if (is_there(in, whole, first ^ 1))
		return mirror(in->copies, first ^ 1, e);
	r = write_copy(in->copies->slot[first], in->source, &in->release, e);
	if (r == 0)
		return mirror(in->copies, first, e);
	if (whole[first ^ 1])
		mirror(in->copies, first ^ 1, &why);
	return r;
}

int
launcher_heal(struct device *copies, struct error *e)
{
	bool whole[LAUNCHER_COPIES];
	int r;

	look(copies, whole);
	if (!whole[0] && !whole[1])
		return error_set(
			e, EBADMSG, "launcher: neither copy is signed and whole");
	if (whole[0] && whole[1] &&
		memcmp(present[0].hash, present[1].hash, RELEASE_HASH) == 0)
		return 0;
	/* Of two that are whole the newer one: the installation was cut in between. */
	if (whole[0] && whole[1])
		r = mirror(copies, present[1].version > present[0].version, e);
	else
		r = mirror(copies, whole[0] ? 0 : 1, e);
	return r < 0 ? r : 1;
}
