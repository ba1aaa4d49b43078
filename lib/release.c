/* SPDX-License-Identifier: ISC */
#include "release.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "error.h"
#include "reader.h"

static void
parse_chunks(struct reader *r, const json_t *image, struct release *release)
{
	const json_t *chunks = json_object_get(image, "chunks");
	uint64_t size = reader_number(r, image, "chunk_size");
	uint64_t count;

	if (size < RELEASE_CHUNK_LEAST || size > RELEASE_CHUNK_MOST ||
		(size & (size - 1)) != 0) {
		reader_bad(r, "chunk_size", "want a power of two from 64 KiB to 1 MiB");
		return;
	}
	count = (release->size + size - 1) / size;
	if (!json_is_array(chunks) || count > RELEASE_CHUNKS ||
		json_array_size(chunks) != count) {
		reader_bad(r, "chunks", "want one hash a chunk, at most 1024");
		return;
	}
	release->chunk_size = (uint32_t)size;
	release->chunks = (uint32_t)count;
	for (uint32_t i = 0; i < release->chunks; i++)
		reader_hash(r, json_array_get(chunks, i), "chunks", release->chunk[i]);
}

/* A file in the image; only there if the image is more than that. */
static void
parse_kernel(struct reader *r, json_t *kernel, struct release *release)
{
	static const char *const keys[] = {"offset", "size", NULL};

	if (!kernel || r->error < 0)
		return;
	reader_keys(r, kernel, "kernel", keys);
	if (r->error < 0)
		return;
	release->kernel_offset = reader_number(r, kernel, "offset");
	release->kernel_size = reader_number(r, kernel, "size");
	if (release->kernel_offset == 0 || release->kernel_size == 0 ||
		release->kernel_offset % RELEASE_KERNEL != 0 ||
		release->kernel_offset > release->size ||
		release->kernel_size > release->size - release->kernel_offset)
		reader_bad(r, "kernel",
			"want whole pages before it, and all of it in the image");
}

static void
parse_image(struct reader *r, json_t *image, struct release *release)
{
	static const char *const keys[] = {
		"chunk_size", "chunks", "sha256", "size", NULL};
	static const char *const more[] = {
		"chunk_size", "chunks", "kernel", "sha256", "size", NULL};
	json_t *kernel = json_object_get(image, "kernel");

	reader_keys(r, image, "image", kernel ? more : keys);
	if (r->error < 0)
		return;
	release->size = reader_number(r, image, "size");
	if (release->size == 0 || release->size > RELEASE_IMAGE_MOST)
		reader_bad(r, "size", "want 1 byte to 1 GiB");
	reader_hash(r, json_object_get(image, "sha256"), "sha256", release->hash);
	parse_kernel(r, kernel, release);
	if (r->error == 0)
		parse_chunks(r, image, release);
}

static void
parse_root(struct reader *r, json_t *root, struct release *release)
{
	static const char *const keys[] = {"board", "content_id", "expires", "floor",
		"image", "issued", "release", "version", NULL};

	reader_format(r, root, "release", RELEASE_FORMAT);
	if (r->error == 0)
		reader_keys(r, root, "release", keys);
	if (r->error < 0)
		return;
	reader_board(r, root, release->board);
	release->version = reader_number(r, root, "version");
	release->floor = reader_number(r, root, "floor");
	if (release->floor > release->version)
		reader_bad(r, "floor", "want no more than the version");
	reader_hash(
		r, json_object_get(root, "content_id"), "content_id", release->content);
	reader_times(r, root, &release->issued, &release->expires);
	parse_image(r, json_object_get(root, "image"), release);
}

int
release_parse(struct release *release, const char *file, const char *text, size_t size,
	struct error *e)
{
	struct reader r = {.file = file, .e = e};
	json_t *root = reader_open(&r, text, size, RELEASE_TEXT);

	memset(release, 0, sizeof(*release));
	if (root)
		parse_root(&r, root, release);
	json_decref(root);
	return r.error;
}

int
release_format(const struct release *release, char **text, struct error *e)
{
	json_t *chunks = json_array(), *root;
	bool whole = chunks != NULL;

	for (uint32_t i = 0; i < release->chunks; i++)
		whole = json_array_append_new(chunks, reader_hex(release->chunk[i])) ==
				0 &&
			whole;
	root = json_pack("{s:i, s:s, s:I, s:I, s:o, s:I, s:I, s:{s:I, s:o, s:I, s:o}}",
		"release", RELEASE_FORMAT, "board", release->board, "version",
		(json_int_t)release->version, "floor", (json_int_t)release->floor,
		"content_id", reader_hex(release->content), "issued",
		(json_int_t)release->issued, "expires", (json_int_t)release->expires,
		"image", "size", (json_int_t)release->size, "sha256",
		reader_hex(release->hash), "chunk_size", (json_int_t)release->chunk_size,
		"chunks", chunks);
	if (release->kernel_size > 0)
		whole = json_object_set_new(json_object_get(root, "image"), "kernel",
				json_pack("{s:I, s:I}", "offset",
					(json_int_t)release->kernel_offset, "size",
					(json_int_t)release->kernel_size)) == 0 &&
			whole;
	*text = root && whole ? json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
	json_decref(root);
	return *text ? 0 : error_set(e, ENOMEM, "release.json: %s", strerror(ENOMEM));
}

uint32_t
release_chunk_size(uint64_t size)
{
	uint32_t chunk = RELEASE_CHUNK_LEAST;

	while (chunk < RELEASE_CHUNK_MOST && (size + chunk - 1) / chunk > RELEASE_CHUNKS)
		chunk *= 2;
	return chunk;
}

uint32_t
release_chunk_bytes(const struct release *release, uint32_t i)
{
	uint64_t left = release->size - (uint64_t)i * release->chunk_size;

	return left < release->chunk_size ? (uint32_t)left : release->chunk_size;
}

void
release_chunk_hash(const void *data, size_t size, uint8_t hash[RELEASE_HASH])
{
	crypto_generichash(hash, RELEASE_HASH, data, size, NULL, 0);
}
