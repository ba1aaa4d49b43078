/* SPDX-License-Identifier: ISC */
#include "recipe.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "builder/base/field.h"
#include "builder/base/path.h"
#include "recipe_source.h"
#include "spdx.h"
#include "builder/base/xalloc.h"

static const struct field known[] = {
	{"recipe", "name"},
	{"recipe", "version"},
	{"recipe", "license"},
	{"recipe", "kind"},
	{"recipe", "summary"},
	{"recipe", "replaces"},
	{"source", "debian"},
	{"source", "url"},
	{"source", "path"},
	{"source", "file"},
	{"source", "sha256"},
	{"source", "only"},
	{"source", "debian-patches"},
	{"source", "debian-file"},
	{"source", "debian-sha256"},
	{"source", "patches"},
	{"depends", "build"},
	{"build", "script"},
	{"kernel", "configure"},
	{"kernel", "kit"},
	{"install", NULL},
	{NULL, NULL},
};

/* By enum recipe_kind. */
static const char *const kinds[] = {
	"program", "library", "files", "kernel", "module", "firmware", NULL};

const char *
recipe_kind_name(enum recipe_kind kind)
{
	return kinds[kind];
}

/* The last part of dir: what the recipe must be called. */
static const char *
folder_name(const char *dir)
{
	const char *slash = strrchr(dir, '/');

	return slash ? slash + 1 : dir;
}

static int
read_version(struct recipe *recipe, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+~:_-";
	const char *v = entry->value;

	if (v[0] == '\0' || v[strspn(v, allowed)] != '\0' || strchr(".+~:_-", v[0]))
		return ini_bad(ini, entry, e,
			"want a version of letters, digits and . + ~ : _ - that starts with a letter or digit, got \"%.80s\"",
			v);
	recipe->version = xstrdup(v);
	return 0;
}

static int
read_license(struct recipe *recipe, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	char why[256];

	if (spdx_check(entry->value, why, sizeof(why)) < 0)
		return ini_bad(ini, entry, e, "%s (see https://spdx.org/licenses)", why);
	recipe->license = xstrdup(entry->value);
	return 0;
}

static int
read_name(struct recipe *recipe, const struct ini *ini, const struct ini_entry *entry,
	struct error *e)
{
	const char *folder = folder_name(recipe->dir);
	int r = field_name(ini, entry, NAME_RECIPE, &recipe->name, e);

	if (r < 0)
		return r;
	if (strcmp(recipe->name, "kernel") == 0 || strcmp(recipe->name, "toolchain") == 0)
		return ini_bad(ini, entry, e,
			"\"%s\" has a meaning of its own: choose another", recipe->name);
	if (strcmp(recipe->name, folder) != 0)
		return ini_bad(ini, entry, e,
			"want the folder's name \"%.80s\", got \"%s\"", folder,
			recipe->name);
	return 0;
}

static int
read_head(struct recipe *recipe, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_need(ini, "recipe", "name", e);
	unsigned kind = RECIPE_PROGRAM;
	int r = entry ? read_name(recipe, ini, entry, e) : -EINVAL;

	if (r == 0) {
		entry = ini_need(ini, "recipe", "version", e);
		r = entry ? read_version(recipe, ini, entry, e) : -EINVAL;
	}
	if (r == 0) {
		entry = ini_need(ini, "recipe", "license", e);
		r = entry ? read_license(recipe, ini, entry, e) : -EINVAL;
	}
	if (r == 0 && (entry = ini_get(ini, "recipe", "kind")))
		r = field_choice(ini, entry, kinds, &kind, e);
	recipe->kind = (enum recipe_kind)kind;
	if (r == 0 && (entry = ini_get(ini, "recipe", "summary")))
		r = field_line(ini, entry, &recipe->summary, e);
	if (!recipe->summary)
		recipe->summary = xstrdup("");
	if (r == 0 && (entry = ini_get(ini, "recipe", "replaces"))) {
		r = field_name(ini, entry, NAME_RECIPE, &recipe->replaces, e);
		if (r == 0 && strcmp(recipe->replaces, recipe->name) != 0)
			r = ini_bad(ini, entry, e,
				"want the recipe's own name \"%s\", which an earlier tree has too, got \"%s\"",
				recipe->name, recipe->replaces);
	}
	return r;
}

static int
read_depends(struct recipe *recipe, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "depends", "build");
	int r = 0;

	if (entry)
		r = field_names(ini, entry, true, NAME_RECIPE, &recipe->depends, e);
	if (r == 0 && entry && strlist_has(&recipe->depends, recipe->name))
		r = ini_bad(
			ini, entry, e, "\"%s\" cannot depend on itself", recipe->name);
	if (r == 0 && entry && recipe->kind == RECIPE_KERNEL &&
		strlist_has(&recipe->depends, "kernel"))
		r = ini_bad(
			ini, entry, e, "a kernel cannot depend on the board's kernel");
	if (r == 0 && recipe->kind == RECIPE_MODULE &&
		!strlist_has(&recipe->depends, "kernel"))
		r = strlist_add(&recipe->depends, "kernel");
	return r;
}

/* [kernel] configure = and kit =: needed for kind = kernel, refused for others. */
static int
read_kernel(struct recipe *recipe, struct ini *ini, struct error *e)
{
	struct ini_entry *configure, *kit;
	int r;

	if (recipe->kind != RECIPE_KERNEL) {
		for (size_t i = 0; i < ini->section_count; i++)
			if (strcmp(ini->section[i].name, "kernel") == 0)
				return error_set(e, EINVAL,
					"%s:%u: [kernel]: only for kind = kernel, this is kind = %s",
					ini->file, ini->section[i].line,
					recipe_kind_name(recipe->kind));
		return 0;
	}
	configure = ini_need(ini, "kernel", "configure", e);
	kit = configure ? ini_need(ini, "kernel", "kit", e) : NULL;
	if (!kit)
		return -EINVAL;
	recipe->configure_line = configure->line;
	recipe->kit_line = kit->line;
	r = field_script(ini, configure, &recipe->configure_script, e);
	return r < 0 ? r : field_script(ini, kit, &recipe->kit_script, e);
}

static int
read_build(struct recipe *recipe, struct ini *ini, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, "build", "script");

	if (entry) {
		recipe->script_line = entry->line;
		return field_script(ini, entry, &recipe->script, e);
	}
	if (recipe->source.kind == SOURCE_NONE)
		return error_set(e, EINVAL,
			"%s:1: nothing to make: want [source], or [build] with a script, or both",
			ini->file);
	return 0;
}

/* Fills one zeroed line of [install]: "MODE [UID GID]" or "-> TARGET". */
static int
read_install_line(struct recipe_install *install, const struct ini *ini,
	const struct ini_entry *entry, struct error *e)
{
	struct strlist words = {0};
	unsigned mode = 0777;
	int r = field_image_path(ini, entry, e);

	install->path = xstrdup(entry->key);
	install->line = entry->line;
	if (r == 0)
		r = strlist_split(&words, entry->value);
	if (r < 0)
		goto out;
	if (words.count == 0)
		r = ini_bad(ini, entry, e,
			"empty, want MODE, MODE UID GID or -> TARGET, such as 0755");
	else if (strcmp(words.item[0], "->") != 0)
		r = field_owner(
			ini, entry, &words, 0, &mode, &install->uid, &install->gid, e);
	else if (words.count != 2)
		r = ini_bad(ini, entry, e,
			"want -> TARGET, one target without blanks, got \"%.80s\"",
			entry->value);
	else
		install->link = xstrdup(words.item[1]);
	install->mode = mode;
out:
	strlist_free(&words);
	return r;
}

static int
read_install(struct recipe *recipe, struct ini *ini, struct error *e)
{
	int r = 0;

	recipe->install = xcalloc(ini->count + 1, sizeof(*recipe->install));
	for (size_t i = 0; r == 0 && i < ini->count; i++)
		if (strcmp(ini->entry[i].section, "install") == 0)
			r = read_install_line(&recipe->install[recipe->install_count++],
				ini, &ini->entry[i], e);
	if (r < 0 || recipe->install_count > 0 || recipe->kind == RECIPE_KERNEL ||
		recipe->kind == RECIPE_LIBRARY)
		return r;
	return error_set(e, EINVAL,
		"%s:1: [install]: missing: a recipe of kind = %s names the files it gives an image",
		ini->file, recipe_kind_name(recipe->kind));
}

/* What is in ini becomes the recipe; unlocked: hashes may lack. */
static int
build(struct recipe *recipe, struct ini *ini, bool unlocked, struct error *e)
{
	int r = field_known(ini, known, e);

	if (r == 0)
		r = read_head(recipe, ini, e);
	if (r == 0)
		r = recipe_source_read(recipe, ini, unlocked, e);
	if (r == 0)
		r = read_depends(recipe, ini, e);
	if (r == 0)
		r = read_build(recipe, ini, e);
	if (r == 0)
		r = read_kernel(recipe, ini, e);
	if (r == 0)
		r = read_install(recipe, ini, e);
	return r;
}

static int
read_file(struct recipe *recipe, const char *dir, bool unlocked, struct error *e)
{
	struct ini ini = {0};
	char *path;
	int r;

	memset(recipe, 0, sizeof(*recipe));
	recipe->dir = path_absolute(dir);
	path = path_join(recipe->dir, "recipe.ini");
	recipe->file = path_shown(path);
	free(path);
	r = ini_read(&ini, recipe->file, e);
	if (r == 0)
		r = build(recipe, &ini, unlocked, e);
	ini_free(&ini);
	return r;
}

int
recipe_read(struct recipe *recipe, const char *dir, struct error *e)
{
	return read_file(recipe, dir, false, e);
}

int
recipe_read_unlocked(struct recipe *recipe, const char *dir, struct error *e)
{
	return read_file(recipe, dir, true, e);
}

int
recipe_parse(struct recipe *recipe, const char *dir, const char *file, const char *text,
	size_t size, struct error *e)
{
	struct ini ini = {0};
	int r;

	memset(recipe, 0, sizeof(*recipe));
	recipe->dir = path_absolute(dir);
	recipe->file = xstrdup(file);
	r = ini_read_text(&ini, file, text, size, e);
	if (r == 0)
		r = build(recipe, &ini, false, e);
	ini_free(&ini);
	return r;
}

void
recipe_free(struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->install_count; i++) {
		free(recipe->install[i].path);
		free(recipe->install[i].link);
	}
	free(recipe->install);
	recipe_source_free(&recipe->source);
	strlist_free(&recipe->patches);
	strlist_free(&recipe->patch_sha256);
	strlist_free(&recipe->depends);
	free(recipe->script);
	free(recipe->configure_script);
	free(recipe->kit_script);
	free(recipe->file);
	free(recipe->dir);
	free(recipe->name);
	free(recipe->version);
	free(recipe->license);
	free(recipe->summary);
	free(recipe->replaces);
	memset(recipe, 0, sizeof(*recipe));
}
