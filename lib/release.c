/* SPDX-License-Identifier: ISC */
#include "release.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "config.h"
#include "error.h"

/* A JSON object while it is read; the first error stays. */
struct reader {
	const char *file;
	struct error *e;
	int error; /* 0 or -errno */
};

static void
bad(struct reader *r, const char *key, const char *why)
{
	if (r->error == 0)
		r->error = error_set(r->e, EINVAL, "%s: %s: %s", r->file, key, why);
}

static uint64_t
get_number(struct reader *r, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		bad(r, key, "want a whole number");
		return 0;
	}
	return (uint64_t)json_integer_value(value);
}

static void
parse_hash(struct reader *r, const json_t *value, const char *key,
	uint8_t hash[RELEASE_HASH])
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) != 2 * RELEASE_HASH ||
		json_string_length(value) != 2 * RELEASE_HASH ||
		sha256_check_hex(text) < 0) {
		bad(r, key, "want 64 hex digits");
		return;
	}
	sodium_hex2bin(hash, RELEASE_HASH, text, 2 * RELEASE_HASH, NULL, NULL, NULL);
}

/* Every key is one of those, and all are there. */
static void
check_keys(struct reader *r, json_t *object, const char *what, const char *const *keys)
{
	const char *key;
	json_t *value;
	size_t count = 0;

	if (!json_is_object(object)) {
		bad(r, what, "want an object");
		return;
	}
	json_object_foreach(object, key, value)
	{
		const char *const *known = keys;

		while (*known && strcmp(*known, key) != 0)
			known++;
		if (!*known && r->error == 0)
			r->error = error_set(
				r->e, EINVAL, "%s: %.40s: unknown key", r->file, key);
	}
	for (; keys[count]; count++)
		if (!json_object_get(object, keys[count]))
			bad(r, keys[count], "missing key");
}

static void
parse_chunks(struct reader *r, const json_t *image, struct release *release)
{
	const json_t *chunks = json_object_get(image, "chunks");
	uint64_t size = get_number(r, image, "chunk_size");
	uint64_t count;

	if (size < RELEASE_CHUNK_LEAST || size > RELEASE_CHUNK_MOST ||
		(size & (size - 1)) != 0) {
		bad(r, "chunk_size", "want a power of two from 64 KiB to 1 MiB");
		return;
	}
	count = (release->size + size - 1) / size;
	if (!json_is_array(chunks) || count > RELEASE_CHUNKS ||
		json_array_size(chunks) != count) {
		bad(r, "chunks", "want one hash a chunk, at most 1024");
		return;
	}
	release->chunk_size = (uint32_t)size;
	release->chunks = (uint32_t)count;
	for (uint32_t i = 0; i < release->chunks; i++)
		parse_hash(r, json_array_get(chunks, i), "chunks", release->chunk[i]);
}

static void
parse_image(struct reader *r, json_t *image, struct release *release)
{
	static const char *const keys[] = {
		"chunk_size", "chunks", "sha256", "size", NULL};

	check_keys(r, image, "image", keys);
	if (r->error < 0)
		return;
	release->size = get_number(r, image, "size");
	if (release->size == 0 || release->size > RELEASE_IMAGE_MOST)
		bad(r, "size", "want 1 byte to 1 GiB");
	parse_hash(r, json_object_get(image, "sha256"), "sha256", release->hash);
	if (r->error == 0)
		parse_chunks(r, image, release);
}

static void
parse_board(struct reader *r, const json_t *value, char board[FILES_BOARD_SIZE])
{
	const char *name = json_string_value(value);

	if (!name || strlen(name) != json_string_length(value) || !config_is_name(name)) {
		bad(r, "board", "want a board's name");
		return;
	}
	memcpy(board, name, strlen(name) + 1);
}

static void
parse_root(struct reader *r, json_t *root, struct release *release)
{
	static const char *const keys[] = {"board", "content_id", "expires", "floor",
		"image", "issued", "release", "version", NULL};
	uint64_t format;

	if (!json_is_object(root)) {
		bad(r, "release", "want an object");
		return;
	}
	/* Of another format nothing else is known. */
	format = get_number(r, root, "release");
	if (r->error == 0 && format != RELEASE_FORMAT)
		r->error = error_set(r->e, EPROTO,
			"%s: release: of format %llu, this program knows %d", r->file,
			(unsigned long long)format, RELEASE_FORMAT);
	if (r->error < 0)
		return;
	check_keys(r, root, "release", keys);
	if (r->error < 0)
		return;
	parse_board(r, json_object_get(root, "board"), release->board);
	release->version = get_number(r, root, "version");
	release->floor = get_number(r, root, "floor");
	if (release->floor > release->version)
		bad(r, "floor", "want no more than the version");
	parse_hash(
		r, json_object_get(root, "content_id"), "content_id", release->content);
	release->issued = (int64_t)get_number(r, root, "issued");
	release->expires = (int64_t)get_number(r, root, "expires");
	if (release->issued >= release->expires)
		bad(r, "expires", "want a time after issued");
	parse_image(r, json_object_get(root, "image"), release);
}

int
release_parse(struct release *release, const char *file, const char *text, size_t size,
	struct error *e)
{
	struct reader r = {.file = file, .e = e};
	json_error_t why;
	json_t *root;

	memset(release, 0, sizeof(*release));
	if (size > RELEASE_TEXT)
		return error_set(
			e, EINVAL, "%s: larger than %d bytes", file, RELEASE_TEXT);
	root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		return error_set(
			e, EINVAL, "%s:%d:%d: %s", file, why.line, why.column, why.text);
	parse_root(&r, root, release);
	json_decref(root);
	return r.error;
}

static json_t *
hex(const uint8_t hash[RELEASE_HASH])
{
	char text[2 * RELEASE_HASH + 1];

	sodium_bin2hex(text, sizeof(text), hash, RELEASE_HASH);
	return json_string(text);
}

int
release_format(const struct release *release, char **text, struct error *e)
{
	json_t *chunks = json_array(), *root;
	bool whole = chunks != NULL;

	for (uint32_t i = 0; i < release->chunks; i++)
		whole = json_array_append_new(chunks, hex(release->chunk[i])) == 0 &&
			whole;
	root = json_pack("{s:i, s:s, s:I, s:I, s:o, s:I, s:I, s:{s:I, s:o, s:I, s:o}}",
		"release", RELEASE_FORMAT, "board", release->board, "version",
		(json_int_t)release->version, "floor", (json_int_t)release->floor,
		"content_id", hex(release->content), "issued",
		(json_int_t)release->issued, "expires", (json_int_t)release->expires,
		"image", "size", (json_int_t)release->size, "sha256", hex(release->hash),
		"chunk_size", (json_int_t)release->chunk_size, "chunks", chunks);
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
