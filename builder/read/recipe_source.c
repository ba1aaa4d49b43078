/* SPDX-License-Identifier: ISC */
#include "recipe_source.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "builder/base/field.h"
#include "builder/base/path.h"
#include "builder/base/xalloc.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define LOWER	"abcdefghijklmnopqrstuvwxyz"
#define DIGITS	"0123456789"

static bool
made_of(const char *text, const char *allowed)
{
	return isalnum((unsigned char)text[0]) && text[strspn(text, allowed)] == '\0';
}

static int
read_debian(struct source *source, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	struct strlist words = {0};
	int r = strlist_split(&words, entry->value);

	if (r == 0 && words.count != 3)
		r = ini_bad(ini, entry, e,
			"want PACKAGE VERSION SUITE, such as \"busybox 1:1.37.0-6 trixie\", got \"%.80s\"",
			entry->value);
	if (r == 0 && !made_of(words.item[0], LOWER DIGITS "+.-"))
		r = ini_bad(ini, entry, e, "want a source package's name, got \"%.80s\"",
			words.item[0]);
	if (r == 0 && (!made_of(words.item[1], LETTERS DIGITS "+.:~-") ||
			      !isdigit((unsigned char)words.item[1][0])))
		r = ini_bad(ini, entry, e, "want a Debian version, got \"%.80s\"",
			words.item[1]);
	if (r == 0 && !made_of(words.item[2], LOWER DIGITS "-/"))
		r = ini_bad(ini, entry, e, "want a suite such as trixie, got \"%.80s\"",
			words.item[2]);
	if (r == 0) {
		source->package = xstrdup(words.item[0]);
		source->version = xstrdup(words.item[1]);
		source->suite = xstrdup(words.item[2]);
	}
	strlist_free(&words);
	return r;
}

static int
read_url(struct source *source, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	static const char scheme[] = "https://";
	const char *host = entry->value + sizeof(scheme) - 1;

	if (strncmp(entry->value, scheme, sizeof(scheme) - 1) != 0)
		return ini_bad(ini, entry, e,
			"want an address that starts with https://, got \"%.80s\"",
			entry->value);
	for (const char *p = host; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"'\\<>`", *p))
			return ini_bad(ini, entry, e,
				"want one address of printable ASCII without blanks and quotes");
	if (!isalnum((unsigned char)host[0]) || !strchr(host, '/') ||
		strchr(host, '/')[1] == '\0')
		return ini_bad(ini, entry, e, "want https://HOST/FILE, got \"%.80s\"",
			entry->value);
	source->url = xstrdup(entry->value);
	return 0;
}

/* True if dir is path itself or lies below it. */
static bool
holds(const char *path, const char *dir)
{
	size_t length = strlen(path);

	return strncmp(path, dir, length) == 0 &&
	       (dir[length] == '/' || dir[length] == '\0');
}

/* One folder of path =, as an absolute path without links. */
static int
add_folder(struct recipe *recipe, const struct ini *ini, const struct ini_entry *entry,
	const char *word, struct error *e)
{
	char *joined = path_join(recipe->dir, word);
	char *path = realpath(joined, NULL), *dir = NULL, *name = NULL;
	struct stat st;
	int r = 0;

	if (word[0] == '/')
		r = ini_bad(ini, entry, e,
			"want a folder relative to the recipe's, got \"%.80s\"", word);
	else if (!path || stat(path, &st) < 0)
		r = ini_bad(ini, entry, e, "%.200s: %s", word, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		r = ini_bad(ini, entry, e, "want a folder, \"%.80s\" is none", word);
	else if ((dir = realpath(recipe->dir, NULL)) && holds(path, dir))
		r = ini_bad(ini, entry, e,
			"\"%.80s\" holds the recipe itself, so a comment in it would change the result: move the code into a folder such as src",
			word);
	else
		name = strrchr(path, '/');
	for (size_t i = 0; name && r == 0 && i < recipe->source.paths.count; i++)
		if (strcmp(strrchr(recipe->source.paths.item[i], '/'), name) == 0)
			r = ini_bad(ini, entry, e,
				"two folders called \"%.80s\": each becomes $SRC/NAME",
				name + 1);
	if (r == 0)
		r = strlist_add(&recipe->source.paths, path);
	free(joined);
	free(path);
	free(dir);
	return r;
}

static int
read_path(struct recipe *recipe, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	struct strlist words = {0};
	int r = field_words(ini, entry, false, &words, e);

	for (size_t i = 0; r == 0 && i < words.count; i++)
		r = add_folder(recipe, ini, entry, words.item[i], e);
	strlist_free(&words);
	return r;
}

/* [source] patches =: files in the recipe's folder. */
static int
read_patches(struct recipe *recipe, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	struct strlist words = {0};
	int r = field_words(ini, entry, false, &words, e);

	for (size_t i = 0; r == 0 && i < words.count; i++) {
		char *slashed = xasprintf("/%s", words.item[i]);
		char *path = path_join(recipe->dir, words.item[i]);
		struct stat st;

		if (path_fault(slashed))
			r = ini_bad(ini, entry, e,
				"want a file in the recipe's folder, got \"%.80s\"",
				words.item[i]);
		else if (stat(path, &st) < 0)
			r = ini_bad(
				ini, entry, e, "%s: %s", words.item[i], strerror(errno));
		else if (!S_ISREG(st.st_mode))
			r = ini_bad(ini, entry, e, "want a file, \"%s\" is none",
				words.item[i]);
		else
			r = strlist_add(&recipe->patches, path);
		free(slashed);
		free(path);
	}
	strlist_free(&words);
	return r;
}

/* only =: patterns of names in the archive. Their order means nothing. */
static int
read_only(struct recipe *recipe, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	struct source *source = &recipe->source;
	int r = field_words(ini, entry, false, &source->only, e);

	source->only_line = entry->line;
	for (size_t i = 0; r == 0 && i < source->only.count; i++) {
		char *slashed = xasprintf("/%s", source->only.item[i]);

		if (path_fault(slashed))
			r = ini_bad(ini, entry, e,
				"want names in the archive without its top folder, such as include or scripts/*.sh, got \"%.80s\"",
				source->only.item[i]);
		free(slashed);
	}
	strlist_sort(&source->only);
	return r;
}

/* A key with an archive's name. */
static int
read_archive(struct recipe *recipe, struct ini *ini, const char *key, bool unlocked,
	char **file, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "source", key);

	if (!entry || entry->value[0] == '\0') {
		if (unlocked)
			return 0;
		return error_set(e, EINVAL,
			"%s:%u: %s: missing in [source]: run \"ingot lock %s\" to fill it in",
			ini->file, entry ? entry->line : recipe->source.line, key,
			recipe->name);
	}
	if (!made_of(entry->value, LETTERS DIGITS "+._~-") || strlen(entry->value) > 200)
		return ini_bad(ini, entry, e,
			"want a file's name without folders, got \"%.80s\"",
			entry->value);
	*file = xstrdup(entry->value);
	return 0;
}

/* A key with an archive's SHA-256. */
static int
read_hash(struct recipe *recipe, struct ini *ini, const char *key, bool unlocked,
	char hash[SHA256_HEX], struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "source", key);

	if (!entry || entry->value[0] == '\0') {
		if (unlocked)
			return 0;
		return error_set(e, EINVAL,
			"%s:%u: %s: missing in [source], and nothing is built from bytes without a hash: run \"ingot lock %s\" to fill it in",
			ini->file, entry ? entry->line : recipe->source.line, key,
			recipe->name);
	}
	if (sha256_check_hex(entry->value) < 0)
		return ini_bad(ini, entry, e,
			"want 64 lower-case hex digits, got \"%.80s\"", entry->value);
	memcpy(hash, entry->value, SHA256_HEX);
	return 0;
}

/* Refuses a key that has no meaning for this source. */
static int
refuse(struct ini *ini, const char *key, const char *why, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "source", key);

	return entry ? ini_bad(ini, entry, e, "%s", why) : 0;
}

static int
read_debian_patches(
	struct recipe *recipe, struct ini *ini, bool unlocked, struct error *e)
{
	struct source *source = &recipe->source;
	struct ini_entry *entry = ini_get(ini, "source", "debian-patches");
	static const char unused[] = "only with debian-patches = yes";
	int r = entry ? ini_bool(ini, entry, &source->debian_patches, e) : 0;

	if (r == 0 && source->debian_patches) {
		r = read_archive(
			recipe, ini, "debian-file", unlocked, &source->debian_file, e);
		if (r == 0)
			r = read_hash(recipe, ini, "debian-sha256", unlocked,
				source->debian_sha256, e);
	} else if (r == 0) {
		r = refuse(ini, "debian-file", unused, e);
		if (r == 0)
			r = refuse(ini, "debian-sha256", unused, e);
	}
	return r;
}

/* What goes with the kind: hashes for archives, nothing for paths. */
static int
read_pins(struct recipe *recipe, struct ini *ini, bool unlocked, struct error *e)
{
	struct source *source = &recipe->source;
	struct ini_entry *only = ini_get(ini, "source", "only");
	int r = 0;

	if (source->kind == SOURCE_PATH) {
		if (only)
			return ini_bad(ini, only, e,
				"only for debian and url, a path's folder is taken as it is");
		r = refuse(
			ini, "file", "only for debian and url, this source is a path", e);
		if (r == 0)
			r = refuse(ini, "sha256",
				"only for debian and url, a path's contents are hashed as they are",
				e);
	} else {
		r = read_archive(recipe, ini, "file", unlocked, &source->file, e);
		if (r == 0)
			r = read_hash(recipe, ini, "sha256", unlocked, source->sha256, e);
		if (r == 0 && only)
			r = read_only(recipe, ini, only, e);
	}
	if (r == 0 && source->kind == SOURCE_DEBIAN)
		return read_debian_patches(recipe, ini, unlocked, e);
	if (r == 0)
		r = refuse(ini, "debian-patches", "only for debian sources", e);
	if (r == 0)
		r = refuse(ini, "debian-file", "only for debian sources", e);
	if (r == 0)
		r = refuse(ini, "debian-sha256", "only for debian sources", e);
	return r;
}

int
recipe_source_read(struct recipe *recipe, struct ini *ini, bool unlocked, struct error *e)
{
	static const char *const keys[] = {"debian", "url", "path"};
	static const enum source_kind kinds[] = {SOURCE_DEBIAN, SOURCE_URL, SOURCE_PATH};
	struct ini_entry *entry = NULL;
	int r = 0;

	for (size_t i = 0; i < ini->section_count; i++)
		if (strcmp(ini->section[i].name, "source") == 0)
			recipe->source.line = ini->section[i].line;
	if (recipe->source.line == 0)
		return 0;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct ini_entry *found = ini_get(ini, "source", keys[i]);

		if (found && entry)
			return ini_bad(ini, found, e,
				"a source has one of debian, url and path, \"%s\" stands on line %u",
				entry->key, entry->line);
		if (found) {
			entry = found;
			recipe->source.kind = kinds[i];
		}
	}
	if (!entry)
		return error_set(e, EINVAL,
			"%s:%u: [source]: want one of debian, url and path", ini->file,
			recipe->source.line);
	if (recipe->source.kind == SOURCE_DEBIAN)
		r = read_debian(&recipe->source, ini, entry, e);
	else if (recipe->source.kind == SOURCE_URL)
		r = read_url(&recipe->source, ini, entry, e);
	else
		r = read_path(recipe, ini, entry, e);
	if (r == 0)
		r = read_pins(recipe, ini, unlocked, e);
	if (r == 0 && (entry = ini_get(ini, "source", "patches")))
		r = read_patches(recipe, ini, entry, e);
	return r;
}

void
recipe_source_free(struct source *source)
{
	free(source->package);
	free(source->version);
	free(source->suite);
	free(source->url);
	free(source->file);
	free(source->debian_file);
	strlist_free(&source->only);
	strlist_free(&source->paths);
}
