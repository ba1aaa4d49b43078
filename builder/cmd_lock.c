/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "lib/strlist.h"
#include "builder/source/fetch.h"
#include "builder/source/keyring.h"
#include "builder/source/lock.h"
#include "builder/source/lock_toolchain.h"
#include "builder/base/options.h"
#include "builder/source/pin.h"
#include "builder/source/prove.h"
#include "builder/read/recipe.h"
#include "builder/base/say.h"
#include "builder/store/store.h"
#include "builder/source/suite.h"
#include "builder/base/tree.h"
#include "verbs.h"
#include "builder/base/xalloc.h"

#define TOOLCHAIN      "toolchain"
#define TOOLCHAIN_ARCH "x86_64"

struct request {
	bool update;
	struct strlist names;
	struct strlist accepted; /* --accept-signer */
	struct strlist keyrings; /* --keyring */
	const char *archive_keyring;
	struct keyring keyring;
	bool keyring_open;
	json_t *results;
};

static void
add(struct strlist *list, const char *text)
{
	if (strlist_add(list, text) < 0)
		die("out of memory");
}

static void
report(struct request *request, const char *name, const char *what, json_t *more)
{
	json_t *result = json_pack("{s:s, s:s}", "name", name, "result", what);

	if (!result || (more && json_object_update(result, more) < 0) ||
		json_array_append_new(request->results, result) < 0)
		die("out of memory");
	json_decref(more);
}

/* One line for people, one object for scripts. */
static void
report_lock(struct request *request, const char *name, const char *what,
	const struct lock *lock)
{
	const struct gpg_signature *s = &lock->signature;
	const char *signer = s->primary[0] ? s->primary : s->fingerprint;
	char date[32];

	lock_time(s->time, date);
	if (!options.json)
		printf("%s: %s %s %s: %s: .dsc %s, signed %.10s by %s%s%s\n", name,
			lock->package, lock->version, lock->archive.suite, what,
			gpg_status_name(s->status), date, signer, s->uid[0] ? " " : "",
			s->uid);
	report(request, name, what,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s*}", "package",
			lock->package, "version", lock->version, "suite",
			lock->archive.suite, "status", gpg_status_name(s->status),
			"signer", signer, "valid-at-signing", s->valid_at_signing,
			"signed", date, "accepted", lock->accepted));
}

static void
read_recipe(struct recipe *recipe, const char *name)
{
	struct error e;
	char *dir;

	if (tree_find_recipe(name, &dir, &e) < 0 ||
		recipe_read_unlocked(recipe, dir, &e) < 0)
		die("%s", e.text);
	free(dir);
}

/* The highest version of the suite, NULL if the package is not in it at all. */
static char *
newest(const struct request *request, const struct source *source)
{
	const struct suite *suite = suite_open(source->suite, request->archive_keyring);
	char hash[SHA256_HEX], *entry;
	char *index = suite_index(suite, "main/source/Sources", &entry, hash);
	struct stanza stanza;
	bool found = suite_find(index, source->package, NULL, &stanza);

	free(entry);
	free(index);
	if (!found)
		return NULL;
	free(stanza.text);
	return stanza.version;
}

/* Proves the pin, or what takes its place: with --update, or where a named recipe's pin
 * is gone. */
static void
prove(struct request *request, const struct recipe *recipe, bool named, struct lock *lock)
{
	const struct source *source = &recipe->source;
	char *origin = xasprintf("%s:%u: debian", recipe->file, source->line);
	struct proof proof = {.origin = origin,
		.name = recipe->name,
		.package = source->package,
		.version = source->version,
		.suite = source->suite,
		.archive_keyring = request->archive_keyring,
		.keyring = &request->keyring,
		.accepted = &request->accepted};
	char *candidate = NULL;

	if (!request->keyring_open)
		keyring_open(&request->keyring, &request->keyrings);
	request->keyring_open = true;
	if (request->update) {
		candidate = newest(request, source);
		if (candidate && suite_compare_versions(candidate, source->version) > 0)
			proof.version = candidate;
	}
	if (!prove_source(&proof, lock)) {
		if (!candidate)
			candidate = newest(request, source);
		if (!candidate)
			die("%s: %s has no source package %s", origin, source->suite,
				source->package);
		if (!named)
			die("%s: %s %s is no longer in %s, which has %s: `ingot lock %s` moves the pin",
				origin, source->package, source->version, source->suite,
				candidate, recipe->name);
		proof.version = candidate;
		if (!prove_source(&proof, lock))
			die("%s: %s %s cannot be found twice", origin, source->package,
				candidate);
	}
	free(candidate);
	free(origin);
}

/* The recipe's own version is the author's to write: it may have patches, or words, in
 * it. */
static void
mention_version(const struct recipe *recipe, const struct lock *lock)
{
	const char *upstream = strchr(lock->version, ':');
	size_t length = strlen(recipe->version);

	upstream = upstream ? upstream + 1 : lock->version;
	if (strncmp(upstream, recipe->version, length) != 0)
		warn("%s: version = %s, but the source is now %s: change it",
			recipe->file, recipe->version, lock->version);
}

/*
 * A pin that was moved brings its hashes along. One that stands must already say what the
 * signed .dsc says: a hash that differs is never replaced in silence.
 */
static bool
settle_pins(const struct recipe *recipe, const struct lock *lock)
{
	const struct source *s = &recipe->source;
	bool moved = strcmp(lock->version, s->version) != 0;
	bool complete = s->file && s->sha256[0] &&
			(!s->debian_patches || (s->debian_file && s->debian_sha256[0]));
	struct pin pin[PIN_COUNT];
	struct error e;
	bool differs;

	if (!moved && complete) {
		if (lock_matches(lock, recipe, &e) < 0)
			die("%s", e.text);
		return false;
	}
	pin_from_lock(recipe, lock, pin);
	if (!moved) {
		if (s->sha256[0] && strcmp(s->sha256, pin[2].value) != 0)
			die("%s:%u: sha256: is %s, but the signed .dsc says %s",
				recipe->file, s->line, s->sha256, pin[2].value);
		pin[0].value = NULL;
	}
	differs = pin_write(recipe, pin, PIN_COUNT);
	if (moved)
		mention_version(recipe, lock);
	return differs;
}

static void
lock_debian(struct request *request, const struct recipe *recipe, bool named)
{
	char *path = lock_path(recipe), *text, *old = NULL;
	struct lock lock;
	struct error e;
	bool changed;
	size_t size;

	prove(request, recipe, named, &lock);
	changed = settle_pins(recipe, &lock);
	text = lock_text(&lock);
	if (!text)
		die("out of memory");
	if (io_read_file(AT_FDCWD, path, 1 << 20, &old, &size, &e) < 0)
		old = NULL;
	if (!old || strcmp(old, text) != 0) {
		if (io_replace_file(AT_FDCWD, path, text, strlen(text), 0644, &e) < 0)
			die("%s", e.text);
		changed = true;
	}
	report_lock(request, recipe->name, changed ? "locked" : "unchanged", &lock);
	lock_free(&lock);
	free(old);
	free(text);
	free(path);
}

/* A url has no chain: the first download decides, and is said to. */
static void
lock_url(struct request *request, const struct recipe *recipe)
{
	const struct source *s = &recipe->source;
	const char *slash = strrchr(s->url, '/');
	char *dir, *path, hex[SHA256_HEX];
	struct error e;
	bool changed;
	int fd;

	if (s->sha256[0] && s->file && !request->update) {
		if (!options.json)
			printf("%s: pinned by its SHA-256: a url has no chain to prove\n",
				recipe->name);
		report(request, recipe->name, "unchanged", NULL);
		return;
	}
	if (options.offline)
		die("%s:%u: url: %s: not downloaded because of --offline", recipe->file,
			s->line, s->url);
	dir = store_work("url");
	path = xasprintf("%s/file", dir);
	if (fetch_url(s->url, path, &e) < 0)
		die("%s:%u: url: %s", recipe->file, s->line, e.text);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || sha256_fd(fd, hex, NULL) < 0)
		die("%s: %s", path, strerror(errno));
	close(fd);
	store_add_blob(path, hex);
	{
		struct pin pin[] = {{"url", NULL},
			{"file", s->file ? NULL : xstrdup(slash + 1)}, {"sha256", hex}};

		changed = pin_write(recipe, pin, sizeof pin / sizeof pin[0]);
	}
	if (changed)
		warn("%s: sha256: taken from this download on trust: nothing proves a url",
			recipe->file);
	report(request, recipe->name, changed ? "locked" : "unchanged", NULL);
	free(path);
	free(dir);
}

static void
lock_recipe(struct request *request, const char *name)
{
	struct recipe recipe;

	read_recipe(&recipe, name);
	switch (recipe.source.kind) {
	case SOURCE_DEBIAN:
		lock_debian(request, &recipe, true);
		break;
	case SOURCE_URL:
		lock_url(request, &recipe);
		break;
	case SOURCE_NONE:
	case SOURCE_PATH:
		die("%s: has no source that is downloaded: there is nothing to lock",
			recipe.file);
	}
	recipe_free(&recipe);
}

static bool
is_stale(const struct recipe *recipe)
{
	char *path = lock_path(recipe);
	struct lock lock;
	struct error e;
	bool stale = access(path, F_OK) < 0;

	if (!stale) {
		if (lock_read(&lock, path, &e) < 0)
			die("%s: `ingot lock %s` makes it anew", e.text, recipe->name);
		stale = !recipe->source.file || lock_matches(&lock, recipe, &e) < 0;
		lock_free(&lock);
	}
	free(path);
	return stale;
}

static void
lock_the_toolchain(struct request *request)
{
	bool changed = lock_toolchain(TOOLCHAIN_ARCH, request->archive_keyring);

	if (!options.json)
		printf("%s: %s\n", TOOLCHAIN, changed ? "locked" : "unchanged");
	report(request, TOOLCHAIN, changed ? "locked" : "unchanged", NULL);
}

/* Everything whose lock is missing or proves another pin than the recipe's. */
static void
lock_stale(struct request *request)
{
	struct strlist names = {0};
	struct error e;

	if (request->update || lock_toolchain_is_stale(TOOLCHAIN_ARCH))
		lock_the_toolchain(request);
	if (tree_list_recipes(&names, &e) < 0)
		die("%s", e.text);
	for (size_t i = 0; i < names.count; i++) {
		struct recipe recipe;

		read_recipe(&recipe, names.item[i]);
		if (recipe.source.kind == SOURCE_DEBIAN &&
			(request->update || is_stale(&recipe)))
			lock_debian(request, &recipe, false);
		recipe_free(&recipe);
	}
	strlist_free(&names);
	if (!options.json && json_array_size(request->results) == 0)
		printf("every lock proves its recipe's pin\n");
}

static void
add_fingerprint(struct request *request, const char *text)
{
	char *plain = xstrdup(text), *to = plain;

	/* As people copy them: in groups, in either case, with 0x. */
	if (strncmp(text, "0x", 2) == 0)
		text += 2;
	for (; *text; text++)
		if (*text != ' ')
			*to++ = (char)(*text >= 'a' && *text <= 'f' ? *text - 'a' + 'A'
								    : *text);
	*to = '\0';
	if (strlen(plain) < 40 || strlen(plain) >= GPG_FINGERPRINT ||
		strspn(plain, "0123456789ABCDEF") != strlen(plain))
		die_usage(
			"--accept-signer: want a whole fingerprint of 40 or 64 hex digits");
	add(&request->accepted, plain);
	free(plain);
}

static void
read_options(struct request *request, int argc, char **argv)
{
	static const struct option known[] = {
		{"update", no_argument, NULL, 'u'},
		{"accept-signer", required_argument, NULL, 'a'},
		{"keyring", required_argument, NULL, 'k'},
		{"archive-keyring", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":u", known, NULL)) != -1) {
		switch (option) {
		case 'u':
			request->update = true;
			break;
		case 'a':
			add_fingerprint(request, optarg);
			break;
		case 'k':
			add(&request->keyrings, optarg);
			break;
		case 'r':
			request->archive_keyring = realpath(optarg, NULL);
			if (!request->archive_keyring)
				die("%s: %s", optarg, strerror(errno));
			break;
		case ':':
			die_usage("lock: %s: want a value", argv[optind - 1]);
		default:
			die_usage("lock: no option \"%s\"", argv[optind - 1]);
		}
	}
	for (int i = optind; i < argc; i++)
		add(&request->names, argv[i]);
}

int
cmd_lock(int argc, char **argv)
{
	struct request request = {.results = json_array()};

	read_options(&request, argc, argv);
	store_open();
	if (request.names.count == 0)
		lock_stale(&request);
	for (size_t i = 0; i < request.names.count; i++) {
		if (strcmp(request.names.item[i], TOOLCHAIN) == 0)
			lock_the_toolchain(&request);
		else
			lock_recipe(&request, request.names.item[i]);
	}
	if (options.json) {
		json_dumpf(request.results, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(request.results);
	return 0;
}
