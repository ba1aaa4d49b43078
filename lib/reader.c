/* SPDX-License-Identifier: ISC */
#include "reader.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "error.h"
#include "sha256.h"

json_t *
reader_open(struct reader *r, const char *text, size_t size, size_t most)
{
	json_error_t why;
	json_t *root;

	if (size > most) {
		r->error = error_set(
			r->e, EINVAL, "%s: larger than %zu bytes", r->file, most);
		return NULL;
	}
	root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		r->error = error_set(r->e, EINVAL, "%s:%d:%d: %s", r->file, why.line,
			why.column, why.text);
	return root;
}

void
reader_bad(struct reader *r, const char *key, const char *why)
{
	if (r->error == 0)
		r->error = error_set(r->e, EINVAL, "%s: %s: %s", r->file, key, why);
}

void
reader_keys(struct reader *r, json_t *value, const char *what, const char *const *keys)
{
	const char *key;
	json_t *member;

	if (!json_is_object(value)) {
		reader_bad(r, what, "want an object");
		return;
	}
	json_object_foreach(value, key, member)
	{
		const char *const *known = keys;

		while (*known && strcmp(*known, key) != 0)
			known++;
		if (!*known && r->error == 0)
			r->error = error_set(
				r->e, EINVAL, "%s: %.40s: unknown key", r->file, key);
	}
	for (size_t i = 0; keys[i]; i++)
		if (!json_object_get(value, keys[i]))
			reader_bad(r, keys[i], "missing key");
}

void
reader_format(struct reader *r, const json_t *root, const char *key, int format)
{
	uint64_t got;

	if (!json_is_object(root)) {
		reader_bad(r, key, "want an object");
		return;
	}
	got = reader_number(r, root, key);
	if (r->error == 0 && got != (uint64_t)format)
		r->error = error_set(r->e, EPROTO,
			"%s: %s: of format %llu, this program knows %d", r->file, key,
			(unsigned long long)got, format);
}

uint64_t
reader_number(struct reader *r, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		reader_bad(r, key, "want a whole number");
		return 0;
	}
	return (uint64_t)json_integer_value(value);
}

void
reader_hash(
	struct reader *r, const json_t *value, const char *key, uint8_t hash[READER_HASH])
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) != 2 * READER_HASH ||
		json_string_length(value) != 2 * READER_HASH ||
		sha256_check_hex(text) < 0) {
		reader_bad(r, key, "want 64 hex digits");
		return;
	}
	sodium_hex2bin(hash, READER_HASH, text, 2 * READER_HASH, NULL, NULL, NULL);
}

void
reader_board(struct reader *r, const json_t *object, char board[FILES_BOARD_SIZE])
{
	const json_t *value = json_object_get(object, "board");
	const char *name = json_string_value(value);

	if (!name || strlen(name) != json_string_length(value) || !config_is_name(name)) {
		reader_bad(r, "board", "want a board's name");
		return;
	}
	memcpy(board, name, strlen(name) + 1);
}

void
reader_times(struct reader *r, const json_t *object, int64_t *issued, int64_t *expires)
{
	*issued = (int64_t)reader_number(r, object, "issued");
	*expires = (int64_t)reader_number(r, object, "expires");
	if (*issued >= *expires)
		reader_bad(r, "expires", "want a time after issued");
}

json_t *
reader_hex(const uint8_t hash[READER_HASH])
{
	char text[2 * READER_HASH + 1];

	sodium_bin2hex(text, sizeof(text), hash, READER_HASH);
	return json_string(text);
}

char *
reader_text(json_t *value)
{
	char *dump = value ? json_dumps(value, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
	size_t length = dump ? strlen(dump) : 0;
	char *text = dump ? realloc(dump, length + 2) : NULL;

	json_decref(value);
	if (!text) {
		free(dump);
		return NULL;
	}
	memcpy(text + length, "\n", 2);
	return text;
}
