/* SPDX-License-Identifier: ISC */
#include "roots.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/envelope.h"
#include "lib/error.h"
#include "lib/wire.h"

#define LAYOUT 1 /* of the record's payload */
#define HASH   32

static int
window_read(struct block *block, uint64_t at, void *data, size_t size)
{
	struct roots *roots = (struct roots *)block;

	return roots->under->read(roots->under, roots->at + at, data, size);
}

static int
window_read_back(struct block *block, uint64_t at, void *data, size_t size)
{
	struct roots *roots = (struct roots *)block;

	return roots->under->read_back(roots->under, roots->at + at, data, size);
}

static int
window_write(struct block *block, uint64_t at, const void *data, size_t size)
{
	struct roots *roots = (struct roots *)block;

	return roots->under->write(roots->under, roots->at + at, data, size);
}

static int
window_flush(struct block *block)
{
	struct roots *roots = (struct roots *)block;

	return roots->under->flush(roots->under);
}

/* Bytes that a chain may have. */
static size_t
room(const struct roots *roots)
{
	return roots->unit < ROOTS_ROOM ? (size_t)roots->unit : ROOTS_ROOM;
}

static uint64_t
half_at(const struct roots *roots, unsigned half)
{
	return (2 + half) * roots->unit;
}

static size_t
padded(size_t size)
{
	return (size + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
}

static void
hash_chain(const struct roots *roots, uint8_t hash[HASH])
{
	crypto_generichash(
		hash, HASH, (const uint8_t *)roots->chain, roots->size, NULL, 0);
}

/* What the record says, and the chain that it names, if that is whole. */
static void
load(struct roots *roots)
{
	const uint8_t *payload = record_payload(&roots->record);
	uint8_t hash[HASH];
	struct wire_reader r;
	uint64_t size;

	wire_read_init(&r, payload, roots->record.size);
	roots->index_version = wire_get_u64(&r);
	roots->clock = (int64_t)wire_get_u64(&r);
	roots->half = wire_get_u32(&r) & 1;
	size = wire_get_u32(&r);
	if (r.failed || roots->record.size != r.at + HASH || size > room(roots))
		return;
	roots->size = (size_t)size;
	if (size > 0 && window_read(&roots->window, half_at(roots, roots->half),
				roots->chain, padded(roots->size)) < 0)
		roots->size = 0;
	hash_chain(roots, hash);
	if (memcmp(hash, payload + r.at, HASH) != 0)
		roots->size = 0;
}

/* Its keys for releases count from now on; those before did when they signed. */
static void
believe(struct roots *roots, const struct root *root)
{
	const struct role *role = &root->role[ROOT_RELEASE];
	struct trust *trust = &roots->trust[roots->count];

	memset(trust, 0, sizeof(*trust));
	memcpy(trust->board, root->board, sizeof(trust->board));
	memcpy(trust->key, role->key, sizeof(trust->key));
	trust->keys = role->keys;
	trust->threshold = role->threshold;
	trust->before = roots->count > 0 ? trust - 1 : NULL;
	roots->count++;
	roots->root = *root;
}

/* The chain from the image's root on; what is older, or does not follow, is passed over. */
static void
follow(struct roots *roots)
{
	size_t at = 0;

	while (at < roots->size && roots->count <= ROOTS_MOST) {
		struct envelope envelope;
		struct root root;
		struct error e;

		if (envelope_parse(&envelope, "root", roots->chain + at, roots->size - at,
			    ROOT_TEXT, &e) < 0)
			return;
		if (root_follow(&root, &roots->root, "root", &envelope, &e) == 0)
			believe(roots, &root);
		at += envelope.whole;
	}
}

int
roots_open(struct roots *roots, struct block *state, uint64_t at, uint64_t unit,
	const struct root *image, struct error *e)
{
	int r;

	memset(roots, 0, sizeof(*roots));
	roots->window = (struct block){.name = state->name,
		.size = ROOTS_UNITS * unit,
		.read = window_read,
		.read_back = window_read_back,
		.write = window_write,
		.flush = window_flush};
	roots->under = state;
	roots->at = at;
	roots->unit = unit;
	roots->room = state->size >= at && (state->size - at) / ROOTS_UNITS >= unit;
	roots->image_version = image->version;
	believe(roots, image);
	if (!roots->room)
		return 0;
	r = record_open(&roots->record, &roots->window, unit, 2, LAYOUT, e);
	if (r == -EPROTO)
		return r;
	if (r == 0) {
		load(roots);
		follow(roots);
	}
	return 0;
}

static int
put_record(struct roots *roots, struct error *e)
{
	uint8_t bytes[8 + 8 + 4 + 4 + HASH];
	struct wire_writer w;

	wire_write_fixed(&w, bytes, sizeof(bytes) - HASH);
	wire_put_u64(&w, roots->index_version);
	wire_put_u64(&w, (uint64_t)roots->clock);
	wire_put_u32(&w, roots->half);
	wire_put_u32(&w, (uint32_t)roots->size);
	hash_chain(roots, bytes + sizeof(bytes) - HASH);
	return record_put(&roots->record, bytes, sizeof(bytes), e);
}

static int
need_room(const struct roots *roots, struct error *e)
{
	if (roots->room)
		return 0;
	return error_set(e, ENOSPC, "%s: has no room for roots: want %" PRIu64 " bytes",
		roots->under->name, roots->at + ROOTS_UNITS * roots->unit);
}

/* The chain into the half that is not in use, and then the record. */
static int
put_chain(struct roots *roots, struct error *e)
{
	static _Alignas(BLOCK_ALIGN) char back[BLOCK_ALIGN];
	size_t whole = padded(roots->size);
	uint64_t at = half_at(roots, roots->half ^ 1);
	struct block *window = &roots->window;
	int r;

	memset(roots->chain + roots->size, 0, whole - roots->size);
	/* The record that names the half in use is durable before the other one changes. */
	r = window->flush(window);
	if (r == 0)
		r = window->write(window, at, roots->chain, whole);
	if (r == 0)
		r = window->flush(window);
	for (size_t i = 0; r == 0 && i < whole; i += BLOCK_ALIGN) {
		r = window->read_back(window, at + i, back, BLOCK_ALIGN);
		if (r == 0 && memcmp(back, roots->chain + i, BLOCK_ALIGN) != 0)
			r = -EIO;
	}
	if (r < 0)
		return error_set(e, -r, "%s: cannot write the roots: %s",
			roots->under->name, strerror(-r));
	roots->half ^= 1;
	return put_record(roots, e);
}

/* Makes room at the chain's end by leaving out what the image's root has overtaken. */
static int
make_room(struct roots *roots, size_t need, struct error *e)
{
	while (roots->size + need > room(roots)) {
		struct envelope envelope;
		struct root root;
		struct error why;

		if (envelope_parse(&envelope, "root", roots->chain, roots->size,
			    ROOT_TEXT, &why) < 0 ||
			root_parse(&root, "root", envelope.text, envelope.text_size,
				&why) < 0 ||
			root.version > roots->image_version)
			return error_set(e, ENOSPC,
				"no room for one root more: install an image with a newer one");
		roots->size -= envelope.whole;
		memmove(roots->chain, roots->chain + envelope.whole, roots->size);
	}
	return 0;
}

static int
add(struct roots *roots, const char *file, const struct envelope *envelope,
	const char *data, struct error *e)
{
	struct root root, before = roots->root;
	int r = root_follow(&root, &before, file, envelope, e);

	if (r == 0 && roots->count > ROOTS_MOST)
		r = error_set(e, ENOSPC,
			"%d roots follow the image's: install an image with a newer one",
			ROOTS_MOST);
	if (r == 0)
		r = make_room(roots, envelope->whole, e);
	if (r < 0)
		return r;
	memcpy(roots->chain + roots->size, data, envelope->whole);
	roots->size += envelope->whole;
	/* What keys said that no longer count is forgotten: a version or a time far in
	 * the future would keep every later index out. */
	if (!role_same(&before.role[ROOT_INDEX], &root.role[ROOT_INDEX])) {
		roots->index_version = 0;
		roots->clock = 0;
	}
	if (roots->clock < root.issued)
		roots->clock = root.issued;
	believe(roots, &root);
	return put_chain(roots, e);
}

int
roots_add(struct roots *roots, const char *file, const char *data, size_t size,
	unsigned *taken, struct error *e)
{
	size_t at = 0;
	int r = need_room(roots, e);

	for (*taken = 0; r == 0 && at < size; ++*taken) {
		struct envelope envelope;

		if (envelope_parse(&envelope, file, data + at, size - at, ROOT_TEXT, e) <
			0)
			return -EPERM;
		r = add(roots, file, &envelope, data + at, e);
		if (r < 0)
			return r;
		at += envelope.whole;
	}
	return r;
}

/* Version and times; by a clock that only signed times move. */
static int
check_index(const struct roots *roots, const char *file, const struct index *index,
	int64_t clock, struct error *e)
{
	if (strcmp(index->board, roots->root.board) != 0)
		return error_set(e, EPERM, "%s: is for the board %s, this is %s", file,
			index->board, roots->root.board);
	if (index->version < roots->index_version)
		return error_set(e, EPERM,
			"%s: is version %" PRIu64 ", %" PRIu64 " was seen before", file,
			index->version, roots->index_version);
	if (clock < roots->clock)
		clock = roots->clock;
	if (roots->root.expires <= clock)
		return error_set(e, EPERM, "%s: root %" PRIu64 " has expired", file,
			roots->root.version);
	if (index->expires <= clock)
		return error_set(e, EPERM, "%s: has expired", file);
	return 0;
}

int
roots_index(struct roots *roots, const char *file, const char *data, size_t size,
	int64_t clock, struct index *index, struct error *e)
{
	struct envelope envelope;
	int r = need_room(roots, e);

	if (r < 0)
		return r;
	if (envelope_parse(&envelope, file, data, size, INDEX_TEXT, e) < 0)
		return -EPERM;
	if (envelope.whole != size)
		return error_set(e, EPERM, "%s: goes on behind its signatures", file);
	if (role_check(&roots->root.role[ROOT_INDEX], file, &envelope, e) < 0 ||
		index_parse(index, file, envelope.text, envelope.text_size, e) < 0)
		return -EPERM;
	r = check_index(roots, file, index, clock, e);
	if (r < 0 ||
		(index->version == roots->index_version && index->issued <= roots->clock))
		return r;
	roots->index_version = index->version;
	if (roots->clock < index->issued)
		roots->clock = index->issued;
	return put_record(roots, e);
}
