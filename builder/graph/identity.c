/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "identity.h"
#include "builder/base/say.h"

enum field_type { FIELD_ABSENT = 0, FIELD_TEXT = 1, FIELD_NUMBER = 2, FIELD_LIST = 3 };

static void
put_number(struct identity *id, uint64_t value, size_t bytes)
{
	uint8_t little[8];

	for (size_t i = 0; i < bytes; i++)
		little[i] = (uint8_t)(value >> (8 * i));
	sha256_update(&id->hash, little, bytes);
}

static void
put_field(struct identity *id, enum field_type type, const char *name, uint64_t size)
{
	put_number(id, type, 1);
	put_number(id, strlen(name), 4);
	sha256_update(&id->hash, name, strlen(name));
	put_number(id, size, 8);
}

/* 16 digits tell two values apart well enough for a message. */
static void
note_field(struct identity *id, const char *name, const void *value, size_t size)
{
	char hex[SHA256_HEX], text[128];

	if (!id->fields)
		return;
	sha256_hex(value, size, hex);
	snprintf(text, sizeof text, "%s %.16s", name, hex);
	if (strlist_add(id->fields, text) < 0)
		die("out of memory");
}

void
identity_begin(struct identity *id, const char *what)
{
	sha256_init(&id->hash);
	identity_number(id, "identity", IDENTITY_VERSION);
	identity_text(id, "what", what);
}

void
identity_text(struct identity *id, const char *name, const char *value)
{
	if (!value) {
		put_field(id, FIELD_ABSENT, name, 0);
		return;
	}
	note_field(id, name, value, strlen(value));
	put_field(id, FIELD_TEXT, name, strlen(value));
	sha256_update(&id->hash, value, strlen(value));
}

void
identity_number(struct identity *id, const char *name, uint64_t value)
{
	note_field(id, name, &value, sizeof value);
	put_field(id, FIELD_NUMBER, name, 8);
	put_number(id, value, 8);
}

void
identity_list(struct identity *id, const char *name, const struct strlist *list)
{
	put_field(id, FIELD_LIST, name, list->count);
	for (size_t i = 0; i < list->count; i++)
		identity_text(id, "item", list->item[i]);
}

void
identity_end(struct identity *id, char hex[SHA256_HEX])
{
	sha256_final_hex(&id->hash, hex);
}
