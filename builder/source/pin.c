/* SPDX-License-Identifier: ISC */
#include "pin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/error.h"
#include "lib/io.h"
#include "lock.h"
#include "builder/base/options.h"
#include "builder/read/recipe.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"

#define RECIPE_MAX (1 << 20)

/* A part of a text. */
struct span {
	const char *at;
	size_t size;
};

static const char *
line_end(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end : line + strlen(line);
}

static const char *
next_line(const char *line)
{
	const char *end = line_end(line);

	return *end ? end + 1 : end;
}

static bool
is_section(const char *line, const char *name)
{
	size_t length = strlen(name);

	return line[0] == '[' && strncmp(line + 1, name, length) == 0 &&
	       line[1 + length] == ']';
}

/* The lines below [NAME] up to the next section. */
static bool
find_section(const char *text, const char *name, struct span *section)
{
	for (const char *line = text; *line; line = next_line(line)) {
		const char *end;

		if (!is_section(line, name))
			continue;
		section->at = end = next_line(line);
		while (*end && *end != '[')
			end = next_line(end);
		section->size = (size_t)(end - section->at);
		return true;
	}
	return false;
}

/* "KEY = VALUE" in the section: its value, with what continues it. */
static bool
find_value(const struct span *section, const char *key, struct span *value)
{
	const char *stop = section->at + section->size;
	size_t length = strlen(key);

	for (const char *line = section->at; line < stop; line = next_line(line)) {
		const char *at = line + length, *end;

		if (strncmp(line, key, length) != 0)
			continue;
		at += strspn(at, " \t");
		if (*at++ != '=')
			continue;
		at += strspn(at, " \t");
		end = line_end(line);
		while (end + 1 < stop && *end && (end[1] == ' ' || end[1] == '\t'))
			end = line_end(end + 1);
		*value = (struct span){at, (size_t)(end - at)};
		return true;
	}
	return false;
}

static char *
replace(char *text, struct span part, const char *with)
{
	char *result = xasprintf(
		"%.*s%s%s", (int)(part.at - text), text, with, part.at + part.size);

	free(text);
	return result;
}

/* Where a missing key's line goes: below the line that ends at or after `after`. */
static struct span
insertion(const struct span *section, const char *after)
{
	if (!after)
		return (struct span){section->at, 0};
	return (struct span){next_line(after), 0};
}

char *
pin_rewrite(const char *text, const struct pin *pin, size_t count)
{
	char *result = xstrdup(text);
	struct span section, value;

	for (size_t i = 0; i < count; i++) {
		const char *after = NULL;

		if (!find_section(result, "source", &section)) {
			free(result);
			return NULL;
		}
		if (!pin[i].value)
			continue;
		if (find_value(&section, pin[i].key, &value)) {
			bool joined = value.size == 0 && value.at[-1] == '=';
			char *with = xasprintf("%s%s", joined ? " " : "", pin[i].value);

			result = replace(result, value, with);
			free(with);
			continue;
		}
		for (size_t j = 0; j < i; j++)
			if (find_value(&section, pin[j].key, &value) &&
				(!after || value.at > after))
				after = value.at + value.size;
		{
			struct span place = insertion(&section, after);
			bool broken = place.at > result && place.at[-1] != '\n';
			char *line = xasprintf("%s%s = %s\n", broken ? "\n" : "",
				pin[i].key, pin[i].value);

			result = replace(result, place, line);
			free(line);
		}
	}
	return result;
}

static bool
ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return tail <= length && strcmp(text + length - tail, end) == 0;
}

/* An archive that is not a detached signature of one. */
static bool
is_archive(const char *name)
{
	return strstr(name, ".tar.") && !ends_with(name, ".asc") &&
	       !ends_with(name, ".sig");
}

/* "orig", "orig-NAME" or "" of busybox_1.37.0.orig.tar.bz2; the caller frees. */
static char *
component(const char *name)
{
	const char *tar = strstr(name, ".tar."), *dot;

	if (!tar)
		return xstrdup("");
	for (dot = tar; dot > name && dot[-1] != '.' && dot[-1] != '_'; dot--)
		;
	if (strncmp(dot, "orig", 4) != 0)
		return xstrdup("");
	return xasprintf("%.*s", (int)(tar - dot), dot);
}

/* The archive that takes the place of the recipe's, or the upstream one of a new recipe.
 */
static const struct lock_file *
find_archive(const struct recipe *recipe, const struct lock *lock)
{
	const struct lock_file *found = NULL;
	const char *old = recipe->source.file;
	char *want = old && old[0] ? component(old) : NULL;

	for (size_t i = 0; i < lock->count && !found; i++) {
		const char *name = lock->file[i].name;
		char *part = component(name);

		if (is_archive(name) && !strstr(name, ".debian.tar.") &&
			(want ? strcmp(part, want) == 0
			      : strcmp(part, "orig") == 0 || part[0] == '\0'))
			found = &lock->file[i];
		free(part);
	}
	free(want);
	if (!found)
		die("%s:%u: %s %s has no archive like %s: name one of the .dsc's in file =",
			recipe->file, recipe->source.line, lock->package, lock->version,
			old && old[0] ? old : "an upstream one");
	return found;
}

static const struct lock_file *
find_debian(const struct recipe *recipe, const struct lock *lock)
{
	for (size_t i = 0; i < lock->count; i++)
		if (strstr(lock->file[i].name, ".debian.tar."))
			return &lock->file[i];
	die("%s:%u: %s %s has no .debian.tar: debian-patches = no", recipe->file,
		recipe->source.line, lock->package, lock->version);
}

void
pin_from_lock(
	const struct recipe *recipe, const struct lock *lock, struct pin pin[PIN_COUNT])
{
	const struct lock_file *file = find_archive(recipe, lock);

	pin[0] = (struct pin){"debian",
		xasprintf("%s %s %s", lock->package, lock->version, lock->archive.suite)};
	pin[1] = (struct pin){"file", xstrdup(file->name)};
	pin[2] = (struct pin){"sha256", xstrdup(file->sha256)};
	pin[3] = (struct pin){"debian-file", NULL};
	pin[4] = (struct pin){"debian-sha256", NULL};
	if (recipe->source.debian_patches) {
		file = find_debian(recipe, lock);
		pin[3].value = xstrdup(file->name);
		pin[4].value = xstrdup(file->sha256);
	}
}

/* "NAME: KEY: OLD -> NEW" for each pin whose value is another. */
static void
show_changes(const struct recipe *recipe, const char *text, const struct pin *pin,
	size_t count)
{
	struct span section, value;

	if (options.json || !find_section(text, "source", &section))
		return;
	for (size_t i = 0; i < count; i++) {
		bool found = find_value(&section, pin[i].key, &value);

		if (!pin[i].value ||
			(found && value.size == strlen(pin[i].value) &&
				memcmp(value.at, pin[i].value, value.size) == 0))
			continue;
		printf("%s: %s: %.*s -> %s\n", recipe->name, pin[i].key,
			found && value.size ? (int)value.size : 9,
			found && value.size ? value.at : "(nothing)", pin[i].value);
	}
}

bool
pin_write(const struct recipe *recipe, const struct pin *pin, size_t count)
{
	struct error e;
	struct stat st;
	char *text, *changed;
	bool differs;
	size_t size;

	if (io_read_file(AT_FDCWD, recipe->file, RECIPE_MAX, &text, &size, &e) < 0)
		die("%s", e.text);
	changed = pin_rewrite(text, pin, count);
	if (!changed)
		die("%s: has no section [source]", recipe->file);
	differs = strcmp(text, changed) != 0;
	if (differs) {
		if (stat(recipe->file, &st) < 0)
			die("%s: %s", recipe->file, strerror(errno));
		show_changes(recipe, text, pin, count);
		if (io_replace_file(AT_FDCWD, recipe->file, changed, strlen(changed),
			    st.st_mode & 0777, &e) < 0)
			die("%s", e.text);
	}
	free(text);
	free(changed);
	return differs;
}
