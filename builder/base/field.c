/* SPDX-License-Identifier: ISC */
#include "field.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "lib/strlist.h"
#include "xalloc.h"

#define BLANKS " \t\n"

int
field_known(struct ini *ini, const struct field *known, struct error *e)
{
	const char *sections[64];
	size_t count = 0;

	for (; known->section; known++) {
		if (count == 0 || strcmp(sections[count - 1], known->section) != 0)
			sections[count++] = known->section;
		if (known->key) {
			(void)ini_get(ini, known->section, known->key);
			continue;
		}
		for (size_t i = 0; i < ini->count; i++)
			if (strcmp(ini->entry[i].section, known->section) == 0)
				ini->entry[i].used = true;
	}
	sections[count] = NULL;
	return ini_finish(ini, sections, e);
}

int
field_blame(const struct ini *ini, const struct ini_entry *entry, int r, struct error *e)
{
	struct error why;

	if (e) {
		why = *e;
		(void)ini_bad(ini, entry, e, "%s", why.text);
	}
	return r;
}

static bool
is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool
name_valid(const char *name, const char *extra)
{
	size_t length = strlen(name);

	if (length == 0 || length > NAME_LENGTH || !is_lower_or_digit(name[0]))
		return false;
	for (; *name; name++)
		if (!is_lower_or_digit(*name) && !strchr(extra, *name))
			return false;
	return true;
}

int
field_line(const struct ini *ini, const struct ini_entry *entry, char **line,
	struct error *e)
{
	if (entry->value[0] == '\0')
		return ini_bad(ini, entry, e, "empty, want a value");
	for (const char *p = entry->value; *p; p++)
		if ((*p >= 0 && *p < ' ') || *p == 0x7f)
			return ini_bad(ini, entry, e,
				"want one line without control characters");
	*line = xstrdup(entry->value);
	return 0;
}

int
field_script(const struct ini *ini, const struct ini_entry *entry, char **script,
	struct error *e)
{
	if (entry->value[strspn(entry->value, BLANKS)] == '\0')
		return ini_bad(ini, entry, e, "empty, want shell commands, indented");
	*script = xstrdup(entry->value);
	return 0;
}

int
field_words(const struct ini *ini, const struct ini_entry *entry, bool empty,
	struct strlist *words, struct error *e)
{
	char *copy = xstrdup(entry->value), *rest = NULL;
	int r = 0;

	for (char *word = strtok_r(copy, BLANKS, &rest); word && r == 0;
		word = strtok_r(NULL, BLANKS, &rest)) {
		if (strlist_has(words, word))
			r = ini_bad(ini, entry, e, "\"%.64s\" stands in it twice", word);
		else
			r = strlist_add(words, word);
	}
	if (r == 0 && words->count == 0 && !empty)
		r = ini_bad(ini, entry, e, "empty, want a value");
	free(copy);
	return r;
}

static int
check_name(const struct ini *ini, const struct ini_entry *entry, const char *extra,
	const char *name, struct error *e)
{
	if (name_valid(name, extra))
		return 0;
	return ini_bad(ini, entry, e,
		"want a name of at most %d of a-z 0-9 %s that starts with a letter or digit, got \"%.80s\"",
		NAME_LENGTH, strcmp(extra, NAME_RECIPE) == 0 ? "+ . -" : "+ . - _", name);
}

int
field_names(const struct ini *ini, const struct ini_entry *entry, bool empty,
	const char *extra, struct strlist *names, struct error *e)
{
	int r = field_words(ini, entry, empty, names, e);

	for (size_t i = 0; r == 0 && i < names->count; i++)
		r = check_name(ini, entry, extra, names->item[i], e);
	return r;
}

int
field_name(const struct ini *ini, const struct ini_entry *entry, const char *extra,
	char **name, struct error *e)
{
	int r = check_name(ini, entry, extra, entry->value, e);

	if (r == 0)
		*name = xstrdup(entry->value);
	return r;
}

int
field_choice(const struct ini *ini, const struct ini_entry *entry,
	const char *const *choices, unsigned *index, struct error *e)
{
	char list[256] = "";
	size_t length = 0;

	for (unsigned i = 0; choices[i]; i++) {
		if (strcmp(choices[i], entry->value) == 0) {
			*index = i;
			return 0;
		}
		length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s",
			i == 0		 ? ""
			: choices[i + 1] ? ", "
					 : " or ",
			choices[i]);
		if (length >= sizeof(list))
			length = sizeof(list) - 1;
	}
	return ini_bad(ini, entry, e, "want %s, got \"%.80s\"", list, entry->value);
}

int
field_id(const struct ini *ini, const struct ini_entry *entry, const char *text,
	uint32_t *id, struct error *e)
{
	uint64_t value = 0;
	size_t digits = strspn(text, "0123456789");

	if (digits > 0 && digits <= 10 && text[digits] == '\0')
		value = strtoull(text, NULL, 10);
	else
		value = UINT64_MAX;
	if (value >= UINT32_MAX) /* (uid_t)-1 means "leave as it is" to chown(2) */
		return ini_bad(ini, entry, e,
			"want a numeric user or group id up to 4294967294, got \"%.80s\"",
			text);
	*id = (uint32_t)value;
	return 0;
}

int
field_size(const struct ini *ini, const struct ini_entry *entry, uint64_t *bytes,
	struct error *e)
{
	int r = ini_size(ini, entry, bytes, e);

	if (r == 0 && *bytes == 0)
		r = ini_bad(ini, entry, e,
			"want a size of at least one byte, got \"%.80s\"", entry->value);
	return r;
}

const char *
path_fault(const char *path)
{
	if (path[0] != '/')
		return "want an absolute path";
	if (strlen(path) > 255)
		return "want a path of at most 255 bytes";
	for (const char *p = path; *p; p++) {
		if (*p <= ' ' || *p > '~' || *p == '"' || *p == '\\')
			return "want printable ASCII without blanks, quotes and backslashes";
		if (*p != '/')
			continue;
		if (p[1] == '/' || p[1] == '\0')
			return "want a path without empty parts";
		if (p[1] == '.' && (p[2] == '/' || p[2] == '\0'))
			return "want a path without \".\"";
		if (p[1] == '.' && p[2] == '.' && (p[3] == '/' || p[3] == '\0'))
			return "want a path without \"..\"";
	}
	return NULL;
}

int
field_image_path(const struct ini *ini, const struct ini_entry *entry, struct error *e)
{
	/* pid1 mounts over these; /ingot is the builder's */
	static const char *const taken[] = {
		"/dev", "/proc", "/sys", "/run", "/tmp", "/ingot", NULL};
	const char *fault = path_fault(entry->key);

	if (fault)
		return ini_bad(ini, entry, e, "%s", fault);
	for (size_t i = 0; taken[i]; i++) {
		size_t length = strlen(taken[i]);

		if (strncmp(entry->key, taken[i], length) == 0 &&
			(entry->key[length] == '/' || entry->key[length] == '\0'))
			return ini_bad(ini, entry, e,
				"%s is Ingot's own: choose another folder", taken[i]);
	}
	return 0;
}

int
field_owner(const struct ini *ini, const struct ini_entry *entry,
	const struct strlist *words, size_t i, unsigned *mode, unsigned *uid,
	unsigned *gid, struct error *e)
{
	mode_t m = 0;
	int r;

	if (words->count != i + 1 && words->count != i + 3)
		return ini_bad(ini, entry, e,
			"want %sMODE or %sMODE UID GID, got \"%.80s\"",
			i > 0 ? "SOURCE " : "", i > 0 ? "SOURCE " : "", entry->value);
	r = ini_mode(ini, entry, words->item[i], &m, e);
	if (r < 0)
		return r;
	if (m & 06000)
		return ini_bad(ini, entry, e,
			"setuid and setgid are refused: an image has none, run what needs rights as a service, got \"%s\"",
			words->item[i]);
	*mode = m;
	if (words->count == i + 1)
		return 0;
	r = field_id(ini, entry, words->item[i + 1], uid, e);
	return r < 0 ? r : field_id(ini, entry, words->item[i + 2], gid, e);
}

bool
field_has_word(const char *line, const char *word)
{
	size_t length = strlen(word);

	for (const char *p = line; (p = strstr(p, word)); p += length)
		if ((p == line || p[-1] == ' ') &&
			(p[length] == ' ' || p[length] == '\0'))
			return true;
	return false;
}
