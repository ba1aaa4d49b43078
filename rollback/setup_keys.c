/* SPDX-License-Identifier: ISC */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/envelope.h"
#include "lib/error.h"
#include "lib/ini.h"
#include "lib/io.h"

static int
add_key(struct ini *ini, const struct ini_entry *entry, struct role *role,
	const char *word, struct error *e)
{
	struct minisign_public key;
	struct error why;
	int r;

	if (minisign_public_parse(word, &key, &why) < 0)
		return ini_bad(ini, entry, e, "%s", why.text);
	r = role_add(role, &key);
	if (r == -EEXIST)
		return ini_bad(ini, entry, e, "one key stands there twice");
	if (r < 0)
		return ini_bad(ini, entry, e, "more than %d keys", MINISIGN_KEYS);
	return 0;
}

/* The same keys for every role, until a root says otherwise. */
static int
read_trusted(struct ini *ini, struct root *root, struct error *e)
{
	struct ini_entry *trusted = ini_need(ini, "keys", "trusted", e), *threshold;
	struct role *role = &root->role[ROOT_ROOT];
	char *save = NULL;
	uint64_t count = 0;
	int r = 0;

	if (!trusted)
		return -EINVAL;
	for (char *word = strtok_r(trusted->value, " \t\n", &save); word && r == 0;
		word = strtok_r(NULL, " \t\n", &save))
		r = add_key(ini, trusted, role, word, e);
	if (r < 0)
		return r;
	threshold = ini_need(ini, "keys", "threshold", e);
	if (!threshold)
		return -EINVAL;
	r = ini_count(ini, threshold, MINISIGN_KEYS, &count, e);
	if (r == 0 && (count < 1 || count > role->keys))
		r = ini_bad(ini, threshold, e, "want 1 to %zu, as many as there are keys",
			role->keys);
	role->threshold = (unsigned)count;
	root->role[ROOT_RELEASE] = root->role[ROOT_INDEX] = *role;
	root->expires = INT64_MAX;
	return r;
}

/* A root that `ingot root` made; its own signatures show that it is whole. */
static int
read_root(const char *path, struct root *root, struct error *e)
{
	struct envelope envelope;
	char *data;
	size_t size;
	int r = io_read_file(AT_FDCWD, path,
		ENVELOPE_HEAD + ROOT_TEXT + MINISIGN_KEYS * MINISIGN_TEXT, &data, &size,
		e);

	if (r < 0)
		return r;
	r = envelope_parse(&envelope, path, data, size, ROOT_TEXT, e);
	if (r == 0)
		r = root_parse(root, path, envelope.text, envelope.text_size, e);
	if (r == 0)
		r = role_check(&root->role[ROOT_ROOT], path, &envelope, e);
	free(data);
	return r;
}

int
setup_keys(struct ini *ini, const char *board, struct root *root, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "keys", "root");
	int r;

	memset(root, 0, sizeof(*root));
	memcpy(root->board, board, strlen(board) + 1);
	if (!entry)
		return read_trusted(ini, root, e);
	if (entry->value[0] != '/')
		return ini_bad(ini, entry, e, "want an absolute path");
	r = read_root(entry->value, root, e);
	if (r == 0 && strcmp(root->board, board) != 0)
		r = ini_bad(ini, entry, e, "is for the board %s", root->board);
	return r;
}
