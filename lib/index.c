/* SPDX-License-Identifier: ISC */
#include "index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "minisign.h"
#include "reader.h"
#include "update.h"

/* Bytes of an update file before its image. */
#define BEFORE_MOST (UPDATE_HEAD + RELEASE_TEXT + MINISIGN_KEYS * MINISIGN_TEXT)

static void
parse_release(struct reader *r, json_t *value, struct index_release *release)
{
	static const char *const keys[] = {"expires", "file", "image", "image_size",
		"issued", "size", "version", NULL};

	reader_keys(r, value, "releases", keys);
	if (r->error < 0)
		return;
	release->version = reader_number(r, value, "version");
	reader_hash(r, json_object_get(value, "file"), "file", release->file);
	reader_hash(r, json_object_get(value, "image"), "image", release->image);
	release->size = reader_number(r, value, "size");
	release->image_size = reader_number(r, value, "image_size");
	reader_times(r, value, &release->issued, &release->expires);
	if (release->image_size == 0 || release->image_size > RELEASE_IMAGE_MOST)
		reader_bad(r, "image_size", "want 1 byte to 1 GiB");
	else if (release->size < release->image_size + UPDATE_HEAD ||
		 release->size > release->image_size + BEFORE_MOST)
		reader_bad(r, "size", "is not that of an update file of the image");
}

static void
parse_releases(struct reader *r, const json_t *list, struct index *index)
{
	if (!json_is_array(list) || json_array_size(list) > INDEX_RELEASES) {
		reader_bad(r, "releases", "want a list of at most 64");
		return;
	}
	for (size_t i = 0; i < json_array_size(list) && r->error == 0; i++) {
		struct index_release *release = &index->release[index->releases++];

		parse_release(r, json_array_get(list, i), release);
		if (i > 0 && release->version > release[-1].version)
			reader_bad(r, "releases", "want the newest first");
		for (size_t j = 0; j < i; j++)
			if (memcmp(index->release[j].image, release->image,
				    RELEASE_HASH) == 0)
				reader_bad(r, "releases", "one image is there twice");
	}
}

static void
parse(struct reader *r, json_t *object, struct index *index)
{
	static const char *const keys[] = {
		"board", "expires", "index", "issued", "releases", "version", NULL};

	reader_format(r, object, "index", INDEX_FORMAT);
	if (r->error == 0)
		reader_keys(r, object, "index", keys);
	if (r->error < 0)
		return;
	reader_board(r, object, index->board);
	index->version = reader_number(r, object, "version");
	reader_times(r, object, &index->issued, &index->expires);
	parse_releases(r, json_object_get(object, "releases"), index);
}

int
index_parse(struct index *index, const char *file, const char *text, size_t size,
	struct error *e)
{
	struct reader r = {.file = file, .e = e};
	json_t *object = reader_open(&r, text, size, INDEX_TEXT);

	memset(index, 0, sizeof(*index));
	if (object)
		parse(&r, object, index);
	json_decref(object);
	return r.error;
}

int
index_format(const struct index *index, char **text, struct error *e)
{
	json_t *list = json_array(), *object;
	int added = 0;

	for (size_t i = 0; i < index->releases; i++) {
		const struct index_release *release = &index->release[i];

		added |= json_array_append_new(
			list, json_pack("{s:I, s:o, s:o, s:I, s:I, s:I, s:I}", "version",
				      (json_int_t)release->version, "file",
				      reader_hex(release->file), "image",
				      reader_hex(release->image), "size",
				      (json_int_t)release->size, "image_size",
				      (json_int_t)release->image_size, "issued",
				      (json_int_t)release->issued, "expires",
				      (json_int_t)release->expires));
	}
	object = json_pack("{s:i, s:s, s:I, s:I, s:I, s:o}", "index", INDEX_FORMAT,
		"board", index->board, "version", (json_int_t)index->version, "issued",
		(json_int_t)index->issued, "expires", (json_int_t)index->expires,
		"releases", list);
	*text = reader_text(object);
	if (*text && added == 0)
		return 0;
	free(*text);
	*text = NULL;
	return error_set(e, ENOMEM, "index: %s", strerror(ENOMEM));
}
