/* SPDX-License-Identifier: ISC */
#include "ini.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "error.h"

struct ini_entry *
ini_get(struct ini *ini, const char *section, const char *key)
{
	for (size_t i = 0; i < ini->count; i++) {
		struct ini_entry *entry = &ini->entry[i];

		if (strcmp(entry->key, key) == 0 &&
			strcmp(entry->section, section) == 0) {
			entry->used = true;
			return entry;
		}
	}
	return NULL;
}

struct ini_entry *
ini_need(struct ini *ini, const char *section, const char *key, struct error *e)
{
	struct ini_entry *entry = ini_get(ini, section, key);
	unsigned line = 1;

	if (entry && entry->value[0])
		return entry;
	if (entry) {
		ini_bad(ini, entry, e, "empty, want a value");
		return NULL;
	}
	for (size_t i = 0; i < ini->section_count; i++)
		if (strcmp(ini->section[i].name, section) == 0)
			line = ini->section[i].line;
	error_set(e, EINVAL, "%s:%u: %s: missing in [%s]", ini->file, line, key, section);
	return NULL;
}

int
ini_finish(const struct ini *ini, const char *const *sections, struct error *e)
{
	for (size_t i = 0; i < ini->section_count; i++) {
		const char *const *known = sections;

		while (*known && strcmp(*known, ini->section[i].name) != 0)
			known++;
		if (!*known)
			return error_set(e, EINVAL, "%s:%u: [%s]: unknown section",
				ini->file, ini->section[i].line, ini->section[i].name);
	}
	for (size_t i = 0; i < ini->count; i++)
		if (!ini->entry[i].used)
			return error_set(e, EINVAL, "%s:%u: %s: unknown key in [%s]",
				ini->file, ini->entry[i].line, ini->entry[i].key,
				ini->entry[i].section);
	return 0;
}

int
ini_bad(const struct ini *ini, const struct ini_entry *entry, struct error *e,
	const char *format, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	return error_set(
		e, EINVAL, "%s:%u: %s: %s", ini->file, entry->line, entry->key, why);
}

int
ini_bool(const struct ini *ini, const struct ini_entry *entry, bool *value,
	struct error *e)
{
	*value = strcmp(entry->value, "yes") == 0;
	if (!*value && strcmp(entry->value, "no") != 0)
		return ini_bad(
			ini, entry, e, "want yes or no, got \"%.64s\"", entry->value);
	return 0;
}

/* Decimal digits only, at most max; the byte after them, or NULL. */
static const char *
read_number(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (*text < '0' || *text > '9')
		return NULL;
	for (; *text >= '0' && *text <= '9'; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (v > (max - digit) / 10 || digit > max)
			return NULL;
		v = v * 10 + digit;
	}
	*value = v;
	return text;
}

/* A number with a unit out of a table; false if it is neither, or too big for 64 bits. */
struct unit {
	const char *name;
	uint64_t factor;
};

static bool
read_unit(const char *text, const struct unit *unit, uint64_t *value)
{
	uint64_t v;

	text = read_number(text, UINT64_MAX, &v);
	if (!text)
		return false;
	for (; unit->name; unit++)
		if (strcmp(text, unit->name) == 0)
			return !__builtin_mul_overflow(v, unit->factor, value);
	return false;
}

int
ini_size(const struct ini *ini, const struct ini_entry *entry, uint64_t *bytes,
	struct error *e)
{
	static const struct unit units[] = {
		{"", 1},
		{"K", UINT64_C(1) << 10},
		{"M", UINT64_C(1) << 20},
		{"G", UINT64_C(1) << 30},
		{NULL, 0},
	};

	if (!read_unit(entry->value, units, bytes))
		return ini_bad(ini, entry, e, "want a size such as 16M, got \"%.64s\"",
			entry->value);
	return 0;
}

int
ini_count(const struct ini *ini, const struct ini_entry *entry, uint64_t max,
	uint64_t *value, struct error *e)
{
	const char *end = read_number(entry->value, max, value);

	if (!end || *end)
		return ini_bad(ini, entry, e,
			"want a number from 0 to %llu, got \"%.64s\"",
			(unsigned long long)max, entry->value);
	return 0;
}

int
ini_seconds(const struct ini *ini, const struct ini_entry *entry, uint64_t *ms,
	struct error *e)
{
	static const struct unit units[] = {
		{"", 1000},
		{"ms", 1},
		{"s", 1000},
		{"min", 60 * 1000},
		{"h", 3600 * 1000},
		{NULL, 0},
	};

	if (!read_unit(entry->value, units, ms))
		return ini_bad(ini, entry, e,
			"want a time such as 5s or 500ms, got \"%.64s\"", entry->value);
	return 0;
}

int
ini_mode(const struct ini *ini, const struct ini_entry *entry, const char *text,
	mode_t *mode, struct error *e)
{
	if (strlen(text) != 4 || strspn(text, "01234567") != 4)
		return ini_bad(
			ini, entry, e, "want a mode such as 0755, got \"%.64s\"", text);
	*mode = 0;
	for (; *text; text++)
		*mode = *mode << 3 | (mode_t)(*text - '0');
	return 0;
}

/* Digits and the signs between them at fixed places: RFC 3339, section 5.6, in UTC. */
int
ini_time(const struct ini *ini, const struct ini_entry *entry, int64_t *seconds,
	struct error *e)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
	const char *text = entry->value;
	struct tm tm = {0}, back;
	time_t t;
	int field[6] = {0}, n = 0;

	for (size_t i = 0; i < sizeof(shape); i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (shape[i] == 'd' ? !digit : text[i] != shape[i])
			goto bad;
		if (shape[i] == 'd')
			field[n] = field[n] * 10 + (text[i] - '0');
		else if (n < 5)
			n++;
	}
	tm.tm_year = field[0] - 1900;
	tm.tm_mon = field[1] - 1;
	tm.tm_mday = field[2];
	tm.tm_hour = field[3];
	tm.tm_min = field[4];
	tm.tm_sec = field[5];
	t = timegm(&tm);
	/* timegm(3) takes 31 February for 3 March: what it means must be what was written
	 */
	if (!gmtime_r(&t, &back) || back.tm_year != field[0] - 1900 ||
		back.tm_mon != field[1] - 1 || back.tm_mday != field[2] ||
		back.tm_hour != field[3] || back.tm_min != field[4] ||
		back.tm_sec != field[5])
		goto bad;
	*seconds = (int64_t)t;
	return 0;
bad:
	return ini_bad(ini, entry, e,
		"want a time such as 2026-01-01T00:00:00Z, got \"%.64s\"", text);
}
