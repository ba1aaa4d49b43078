/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builder/base/options.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"
#include "builder/image/signer.h"
#include "builder/image/site.h"
#include "lib/error.h"
#include "lib/io.h"
#include "verbs.h"

#define DAY  86400
#define DAYS 730 /* that a root is good for */

/* What becomes of the root before: roles with keys replace, thresholds above 0 too. */
struct change {
	struct role role[ROOT_ROLES];
	unsigned long days;
	bool any;
};

static enum root_role
find_role(const char *name, size_t length)
{
	for (enum root_role i = 0; i < ROOT_ROLES; i++)
		if (strlen(root_role_name(i)) == length &&
			strncmp(root_role_name(i), name, length) == 0)
			return i;
	return ROOT_ROLES;
}

static void
take_key(struct role *role, const char *path)
{
	struct minisign_public key;
	struct error e;
	char *text;
	size_t size;
	int r;

	if (io_read_file(AT_FDCWD, path, MINISIGN_COMMENT + 128, &text, &size, &e) < 0 ||
		minisign_public_read(path, text, size, &key, &e) < 0)
		die("%s", e.text);
	r = role_add(role, &key);
	if (r < 0)
		die("%s: %s", path, r == -EEXIST ? "is named twice" : "one key too many");
	free(text);
}

/* ROLE=N */
static void
take_threshold(struct change *change, const char *text)
{
	const char *equals = strchr(text, '=');
	enum root_role role =
		equals ? find_role(text, (size_t)(equals - text)) : ROOT_ROLES;
	unsigned long value = equals ? strtoul(equals + 1, NULL, 10) : 0;

	if (role == ROOT_ROLES || value < 1 || value > MINISIGN_KEYS)
		die_usage("--threshold: want root=N, release=N or index=N, got \"%s\"",
			text);
	change->role[role].threshold = (unsigned)value;
}

static void
make_root(const struct site *site, const struct change *change, struct root *root)
{
	*root = site->root;
	memcpy(root->board, site->board, strlen(site->board) + 1);
	root->version++;
	root->issued = signer_now();
	root->expires =
		root->issued + (int64_t)(change->days ? change->days : DAYS) * DAY;
	for (enum root_role i = 0; i < ROOT_ROLES; i++) {
		const struct role *from = &change->role[i];
		struct role *role = &root->role[i];

		if (from->keys > 0) {
			role->keys = from->keys;
			memcpy(role->key, from->key, sizeof(role->key));
		} else if (role->keys == 0 && root->role[ROOT_ROOT].keys > 0) {
			*role = root->role[ROOT_ROOT];
		}
		if (from->threshold > 0)
			role->threshold = from->threshold;
		else if (role->threshold == 0)
			role->threshold = 1;
		if (role->keys == 0)
			die("%s: has no keys yet: name them with --root FILE.pub",
				site->dir);
		if (role->threshold > role->keys)
			die("%s: the role %s has %zu keys, its threshold is %u: say --threshold %s=N",
				site->dir, root_role_name(i), role->keys, role->threshold,
				root_role_name(i));
	}
}

/* The text to sign, and who signed it already. */
static char *
read_draft(const char *draft, const struct site *site, char lines[SIGNER_LINES])
{
	struct site_file file;
	char *text;

	if (!site_read(draft, ROOT_TEXT, &file))
		die("%s: no root awaits a signature: name what changes, see `ingot help root`",
			site->dir);
	text = xasprintf("%.*s", (int)file.envelope.text_size, file.envelope.text);
	snprintf(lines, SIGNER_LINES, "%.*s", (int)file.envelope.signatures_size,
		file.envelope.signatures);
	free(file.data);
	return text;
}

/* Whether devices will take it; e says what it lacks. */
static bool
is_complete(const struct site *site, const struct root *root, const char *text,
	const char *lines, struct error *e)
{
	struct envelope envelope = {.text = text,
		.text_size = strlen(text),
		.signatures = lines,
		.signatures_size = strlen(lines)};
	struct root before = site->root, after;

	if (before.version == 0) {
		memcpy(before.board, root->board, sizeof(before.board));
		before.role[ROOT_ROOT] = root->role[ROOT_ROOT];
	}
	return root_follow(&after, &before, "root/next", &envelope, e) == 0;
}

static void
publish_root(
	const struct site *site, const struct change *change, const struct signer *signer)
{
	char *draft = site_path(site, "root/next"), *path, *text, *what;
	char *lines = xcalloc(1, SIGNER_LINES);
	struct root root;
	struct error e;

	if (change->any) {
		make_root(site, change, &root);
		if (root_format(&root, &text, &e) < 0)
			die("%s", e.text);
	} else {
		text = read_draft(draft, site, lines);
	}
	if (root_parse(&root, draft, text, strlen(text), &e) < 0)
		die("%s", e.text);
	if (strcmp(root.board, site->board) != 0)
		die("%s: is for the board %s", draft, root.board);
	what = xasprintf("root\t%s %" PRIu64, root.board, root.version);
	signer_sign(signer, site->board, draft, text, what, lines);
	path = site_path(site, "root/%" PRIu64 ".signed", root.version);
	if (is_complete(site, &root, text, lines, &e)) {
		site_write(path, text, lines);
		if (unlink(draft) < 0 && errno != ENOENT)
			die("%s: cannot delete: %s", draft, strerror(errno));
	} else {
		site_write(draft, text, lines);
		warn("%s: more of its owners have to run `ingot root --key FILE %s %s`",
			e.text, site->board, site->dir);
		free(path);
		path = xstrdup(draft);
	}
	if (options.json)
		printf("{\"root\": \"%s\", \"version\": %" PRIu64 "}\n", path,
			root.version);
	else
		printf("%s\n", path);
	free(what);
	free(text);
	free(path);
	free(draft);
	free(lines);
}

int
cmd_root(int argc, char **argv)
{
	static const struct option known[] = {{"key", required_argument, NULL, 'k'},
		{"passphrase-file", required_argument, NULL, 'p'},
		{"expires", required_argument, NULL, 'e'},
		{"root", required_argument, NULL, 'o'},
		{"release", required_argument, NULL, 'r'},
		{"index", required_argument, NULL, 'i'},
		{"threshold", required_argument, NULL, 't'}, {0}};
	struct change *change = xcalloc(1, sizeof(*change));
	struct site *site = xcalloc(1, sizeof(*site));
	struct signer signer = {.keys = 0};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		change->any = change->any || (option != 'k' && option != 'p');
		if (option == 'k')
			signer_take(&signer, optarg);
		else if (option == 'p')
			signer.passphrase_file = optarg;
		else if (option == 'e')
			change->days = option_number("--expires", optarg, SIGNER_DAYS);
		else if (option == 'o')
			take_key(&change->role[ROOT_ROOT], optarg);
		else if (option == 'r')
			take_key(&change->role[ROOT_RELEASE], optarg);
		else if (option == 'i')
			take_key(&change->role[ROOT_INDEX], optarg);
		else if (option == 't')
			take_threshold(change, optarg);
		else
			return 2;
	}
	if (optind + 2 != argc || signer.keys == 0)
		die_usage("root: want --key FILE, a board and a folder");
	if (sodium_init() < 0)
		die("libsodium does not start");
	site_open(site, argv[optind + 1], argv[optind]);
	publish_root(site, change, &signer);
	site_close(site);
	free(site);
	free(change);
	return 0;
}
