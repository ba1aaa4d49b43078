/* SPDX-License-Identifier: ISC */
#include "root.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "envelope.h"
#include "error.h"
#include "reader.h"

const char *
root_role_name(enum root_role role)
{
	static const char *const names[ROOT_ROLES + 1] = {
		[ROOT_ROOT] = "root", [ROOT_RELEASE] = "release", [ROOT_INDEX] = "index"};

	return names[role];
}

int
role_add(struct role *role, const struct minisign_public *key)
{
	for (size_t i = 0; i < role->keys; i++)
		if (memcmp(role->key[i].keynum, key->keynum, MINISIGN_KEYNUM) == 0 ||
			memcmp(role->key[i].key, key->key, sizeof(key->key)) == 0)
			return -EEXIST;
	if (role->keys == MINISIGN_KEYS)
		return -E2BIG;
	role->key[role->keys++] = *key;
	return 0;
}

int
role_same(const struct role *a, const struct role *b)
{
	if (a->keys != b->keys || a->threshold != b->threshold)
		return 0;
	for (size_t i = 0; i < a->keys; i++) {
		size_t j = 0;

		while (j < b->keys && (memcmp(a->key[i].keynum, b->key[j].keynum,
					       MINISIGN_KEYNUM) != 0 ||
					      memcmp(a->key[i].key, b->key[j].key,
						      sizeof(a->key[i].key)) != 0))
			j++;
		if (j == b->keys)
			return 0;
	}
	return 1;
}

int
role_check(const struct role *role, const char *file, const struct envelope *envelope,
	struct error *e)
{
	uint8_t hash[MINISIGN_HASH];
	int signers;

	minisign_hash(envelope->text, envelope->text_size, hash);
	signers = minisign_verify(file, envelope->signatures, envelope->signatures_size,
		role->key, role->keys, hash, e);
	if (signers < 0)
		return -EPERM;
	if ((unsigned)signers < role->threshold || role->threshold == 0)
		return error_set(e, EPERM, "%s: signed by %d trusted keys, %u are needed",
			file, signers, role->threshold);
	return 0;
}

static void
parse_key(struct reader *r, const json_t *value, struct role *role)
{
	const char *line = json_string_value(value);
	struct minisign_public key;

	if (!line || strlen(line) != json_string_length(value) ||
		minisign_public_parse(line, &key, NULL) < 0)
		reader_bad(r, "keys", "want minisign public keys");
	else if (role_add(role, &key) < 0)
		reader_bad(r, "keys", "one key stands there twice");
}

static void
parse_role(struct reader *r, json_t *value, const char *name, struct role *role)
{
	static const char *const members[] = {"keys", "threshold", NULL};
	const json_t *keys;
	uint64_t threshold;

	reader_keys(r, value, name, members);
	if (r->error < 0)
		return;
	keys = json_object_get(value, "keys");
	if (!json_is_array(keys) || json_array_size(keys) < 1 ||
		json_array_size(keys) > MINISIGN_KEYS) {
		reader_bad(r, "keys", "want a list of 1 to 16");
		return;
	}
	for (size_t i = 0; i < json_array_size(keys); i++)
		parse_key(r, json_array_get(keys, i), role);
	threshold = reader_number(r, value, "threshold");
	if (threshold < 1 || threshold > role->keys)
		reader_bad(r, "threshold",
			"want 1 or more, as many as there are keys at most");
	else
		role->threshold = (unsigned)threshold;
}

static void
parse(struct reader *r, json_t *object, struct root *root)
{
	static const char *const keys[] = {
		"board", "expires", "issued", "roles", "root", "version", NULL};
	static const char *const names[] = {"index", "release", "root", NULL};
	json_t *roles;

	reader_format(r, object, "root", ROOT_FORMAT);
	if (r->error == 0)
		reader_keys(r, object, "root", keys);
	if (r->error < 0)
		return;
	reader_board(r, object, root->board);
	root->version = reader_number(r, object, "version");
	if (root->version == 0)
		reader_bad(r, "version", "want 1 or more");
	reader_times(r, object, &root->issued, &root->expires);
	roles = json_object_get(object, "roles");
	reader_keys(r, roles, "roles", names);
	for (enum root_role i = 0; i < ROOT_ROLES && r->error == 0; i++)
		parse_role(r, json_object_get(roles, root_role_name(i)),
			root_role_name(i), &root->role[i]);
}

int
root_parse(struct root *root, const char *file, const char *text, size_t size,
	struct error *e)
{
	struct reader r = {.file = file, .e = e};
	json_t *object = reader_open(&r, text, size, ROOT_TEXT);

	memset(root, 0, sizeof(*root));
	if (object)
		parse(&r, object, root);
	json_decref(object);
	return r.error;
}

static json_t *
role_json(const struct role *role)
{
	json_t *keys = json_array();

	for (size_t i = 0; i < role->keys; i++) {
		char text[MINISIGN_PUBLIC], *line;

		/* The second line of a public key's file. */
		minisign_public_write(&role->key[i], text);
		line = strchr(text, '\n') + 1;
		line[strcspn(line, "\n")] = '\0';
		if (json_array_append_new(keys, json_string(line)) < 0) {
			json_decref(keys);
			return NULL;
		}
	}
	return json_pack("{s:o, s:i}", "keys", keys, "threshold", (int)role->threshold);
}

int
root_format(const struct root *root, char **text, struct error *e)
{
	json_t *object = json_pack("{s:i, s:s, s:I, s:I, s:I, s:{s:o, s:o, s:o}}", "root",
		ROOT_FORMAT, "board", root->board, "version", (json_int_t)root->version,
		"issued", (json_int_t)root->issued, "expires", (json_int_t)root->expires,
		"roles", "root", role_json(&root->role[ROOT_ROOT]), "release",
		role_json(&root->role[ROOT_RELEASE]), "index",
		role_json(&root->role[ROOT_INDEX]));

	*text = reader_text(object);
	return *text ? 0 : error_set(e, ENOMEM, "root: %s", strerror(ENOMEM));
}

int
root_follow(struct root *root, const struct root *before, const char *file,
	const struct envelope *envelope, struct error *e)
{
	/* Nothing is parsed as JSON that nobody signed. */
	int r = role_check(&before->role[ROOT_ROOT], file, envelope, e);

	if (r == 0 && root_parse(root, file, envelope->text, envelope->text_size, e) < 0)
		r = -EPERM;
	if (r < 0)
		return r;
	if (strcmp(root->board, before->board) != 0)
		return error_set(e, EPERM, "%s: is for the board %s, this is %s", file,
			root->board, before->board);
	if (before->version == UINT64_MAX || root->version != before->version + 1)
		return error_set(e, EPERM,
			"%s: is version %" PRIu64 ", the one after %" PRIu64 " is wanted",
			file, root->version, before->version);
	return role_check(&root->role[ROOT_ROOT], file, envelope, e);
}
