/* SPDX-License-Identifier: ISC */
#include "ini.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "error.h"
#include "io.h"
#include "utf8.h"

/*
 * inih decides what is a section, a key and a separator. It would also cut ';' comments
 * out of values, strip the indent of continued lines, and split lines longer than it was
 * built for (200 bytes in most distributions), which a build script cannot bear. So inih
 * is handed, through its reader callback, the section lines and each key line up to just
 * after its '='; the value is taken verbatim from the text when inih calls back with the
 * key, and indented lines are added to it here.
 */
#define LARGEST_FILE (1024 * 1024)
#define LONGEST_LINE (64 * 1024)
/* inih 55 to 59: MAX_SECTION and MAX_NAME are 50 with the NUL, and a line is 200 with
 * "\n". */
#define LONGEST_SECTION 49
#define LONGEST_KEY	190

struct span {
	const char *at;
	size_t size;
};

struct reader {
	struct ini *ini;
	struct error *e;
	const char *at, *end;
	unsigned line; /* of what `at` is after */
	struct span key; /* of the line handed to inih, as it must come back */
	struct span value;
	bool open; /* the last entry may be continued */
	unsigned blank; /* blank lines since its last line */
	struct span *more; /* the continuation lines of the last entry */
	size_t more_count;
	int status;
};

static int __attribute__((format(printf, 3, 4)))
fail(struct reader *r, unsigned line, const char *format, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	r->status = error_set(r->e, EINVAL, "%s:%u: %s", r->ini->file, line, why);
	return r->status;
}

static int
no_memory(struct reader *r)
{
	r->status = error_set(r->e, ENOMEM, "%s: out of memory", r->ini->file);
	return r->status;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span
trim(struct span s)
{
	while (s.size > 0 && is_blank(s.at[0])) {
		s.at++;
		s.size--;
	}
	while (s.size > 0 && is_blank(s.at[s.size - 1]))
		s.size--;
	return s;
}

/* Grown each time the count is a power of two. */
static void *
grow(void *array, size_t count, size_t item)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? count * 2 : 1, item);
}

/* Bytes that no text file of ours has, before anything else looks at it. */
static int
check_bytes(struct reader *r)
{
	const unsigned char *text = (const unsigned char *)r->at;
	size_t size = (size_t)(r->end - r->at), at = 0, start = 0;
	unsigned line = 1;

	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return fail(
			r, 1, "starts with a byte order mark: save it as plain UTF-8");
	while (at < size) {
		unsigned char c = text[at];
		size_t length = 1;

		if (c == '\n') {
			line++;
			start = at + 1;
		} else if (c == '\r') {
			return fail(
				r, line, "carriage return: save it with Unix line ends");
		} else if (c == '\0') {
			return fail(r, line, "NUL byte: this is not a text file");
		} else if ((c < 0x20 && c != '\t') || c == 0x7f) {
			return fail(r, line, "control byte 0x%02x", c);
		} else {
			length = utf8_length(text + at, size - at);
			if (length == 0)
				return fail(r, line, "byte 0x%02x is not UTF-8", c);
		}
		at += length;
		if (at - start > LONGEST_LINE)
			return fail(r, line, "line longer than %d bytes", LONGEST_LINE);
	}
	return 0;
}

/* Joins the continuation lines to the last entry's value, their common indent removed. */
static int
close_value(struct reader *r)
{
	const struct span *first = NULL;
	struct ini_entry *entry;
	size_t common = SIZE_MAX, length = 0, size = 0;
	char *value, *at;

	r->open = false;
	r->blank = 0;
	if (r->more_count == 0)
		return 0;
	entry = &r->ini->entry[r->ini->count - 1];
	for (size_t i = 0; i < r->more_count; i++) {
		const struct span *s = &r->more[i];
		size_t n = 0;

		size += s->size + 1;
		if (s->size == 0)
			continue;
		first = first ? first : s;
		while (n < s->size && n < first->size && is_blank(s->at[n]) &&
			s->at[n] == first->at[n])
			n++;
		common = n < common ? n : common;
	}
	length = strlen(entry->value);
	value = realloc(entry->value, length + size + 1);
	if (!value)
		return no_memory(r);
	entry->value = value;
	at = value + length;
	for (size_t i = 0; i < r->more_count; i++) {
		const struct span *s = &r->more[i];

		if (i > 0 || length > 0)
			*at++ = '\n';
		if (s->size > 0) {
			memcpy(at, s->at + common, s->size - common);
			at += s->size - common;
		}
	}
	*at = '\0';
	r->more_count = 0;
	return 0;
}

static int
add_more(struct reader *r, struct span s)
{
	struct span *more = grow(r->more, r->more_count, sizeof(*more));

	if (!more)
		return no_memory(r);
	r->more = more;
	r->more[r->more_count++] = s;
	return 0;
}

/* An indented line that is not blank. */
static int
continue_value(struct reader *r, struct span line)
{
	if (!r->open)
		return fail(r, r->line, "indented line, but no key to continue");
	/* Blank lines count only between lines of one value. */
	for (; r->blank > 0; r->blank--) {
		bool empty = !r->ini->entry[r->ini->count - 1].value[0];

		if (r->more_count == 0 && empty)
			continue;
		if (add_more(r, (struct span){line.at, 0}) < 0)
			return r->status;
	}
	return add_more(r, line);
}

static int
add_section(struct reader *r, struct span line)
{
	struct span name;
	void *section;

	line = trim(line);
	name = (struct span){line.at + 1, line.size - 1};
	if (name.size == 0 || name.at[name.size - 1] != ']')
		return fail(r, r->line, "want [section], without anything after it");
	name.size--;
	if (name.size == 0 || name.size > LONGEST_SECTION)
		return fail(r, r->line, "want a section name of 1 to %d bytes",
			LONGEST_SECTION);
	for (size_t i = 0; i < name.size; i++)
		if (strchr("[];#= \t", name.at[i]))
			return fail(r, r->line, "'%c' in a section name", name.at[i]);
	section = grow(r->ini->section, r->ini->section_count, sizeof(*r->ini->section));
	if (!section)
		return no_memory(r);
	r->ini->section = section;
	r->ini->section[r->ini->section_count].name = strndup(name.at, name.size);
	r->ini->section[r->ini->section_count].line = r->line;
	if (!r->ini->section[r->ini->section_count].name)
		return no_memory(r);
	r->ini->section_count++;
	return 0;
}

static int
find_key(struct reader *r, struct span line)
{
	const char *equals = memchr(line.at, '=', line.size);

	if (r->ini->section_count == 0)
		return fail(r, r->line, "text before the first [section]");
	if (line.at[0] == ';')
		return fail(r, r->line, "comments start with '#'");
	if (!equals)
		return fail(r, r->line, "want \"key = value\" or [section]");
	r->key = trim((struct span){line.at, (size_t)(equals - line.at)});
	r->value = trim(
		(struct span){equals + 1, line.size - (size_t)(equals - line.at) - 1});
	if (r->key.size == 0 || r->key.size > LONGEST_KEY)
		return fail(r, r->line, "want a key of 1 to %d bytes before '='",
			LONGEST_KEY);
	/* What inih would take for a separator or a comment. */
	if (memchr(r->key.at, ':', r->key.size) || memchr(r->key.at, ';', r->key.size))
		return fail(r, r->line, "%.*s: want no ':' and no ';' in a key",
			(int)r->key.size, r->key.at);
	return 0;
}

/* Takes the next line that inih shall see; size 0 at the end of the text or a failure. */
static struct span
next_line(struct reader *r)
{
	const struct span none = {NULL, 0};

	while (r->status == 0 && r->at < r->end) {
		const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
		struct span line = {
			r->at, (size_t)((newline ? newline : r->end) - r->at)};

		r->at = newline ? newline + 1 : r->end;
		r->line++;
		if (trim(line).size == 0) {
			r->blank++;
		} else if (is_blank(line.at[0])) {
			continue_value(r, line);
		} else if (line.at[0] != '#') {
			if (close_value(r) < 0)
				return none;
			if (line.at[0] == '[')
				return add_section(r, line) == 0 ? trim(line) : none;
			return find_key(r, line) == 0 ? r->key : none;
		}
	}
	return none;
}

/* inih's reader: fgets(3) in shape. */
static char *
read_line(char *text, int room, void *context)
{
	struct reader *r = context;
	struct span line = next_line(r);
	bool key = line.at == r->key.at;

	if (line.size == 0)
		return NULL;
	if (room < 0 || line.size + 3 > (size_t)room) {
		fail(r, r->line, "line too long for this inih, which takes %d bytes",
			room);
		return NULL;
	}
	memcpy(text, line.at, line.size);
	strcpy(text + line.size, key ? "=\n" : "\n");
	return text;
}

/* inih's handler: what it made of the line must be what stands there. */
static int
take_entry(struct reader *r, const char *section, const char *key)
{
	struct ini *ini = r->ini;
	struct ini_entry *entry = grow(ini->entry, ini->count, sizeof(*entry));

	if (!entry) {
		no_memory(r);
		return 0;
	}
	ini->entry = entry;
	if (strlen(key) != r->key.size || memcmp(key, r->key.at, r->key.size) != 0) {
		fail(r, r->line, "%.*s: inih reads \"%s\" here", (int)r->key.size,
			r->key.at, key);
		return 0;
	}
	entry += ini->count;
	*entry = (struct ini_entry){
		.section = strdup(section),
		.key = strdup(key),
		.value = strndup(r->value.at, r->value.size),
		.line = r->line,
	};
	ini->count++;
	if (!entry->section || !entry->key || !entry->value) {
		no_memory(r);
		return 0;
	}
	r->open = true;
	return 1;
}

#if INI_HANDLER_LINENO
static int
handle(void *context, const char *section, const char *key, const char *value, int lineno)
{
	(void)value;
	(void)lineno;
	return take_entry(context, section, key);
}
#else
static int
handle(void *context, const char *section, const char *key, const char *value)
{
	(void)value;
	return take_entry(context, section, key);
}
#endif

static int
compare_entries(const void *a, const void *b)
{
	const struct ini_entry *x = *(const struct ini_entry *const *)a;
	const struct ini_entry *y = *(const struct ini_entry *const *)b;
	int order = strcmp(x->section, y->section);

	if (order == 0)
		order = strcmp(x->key, y->key);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Sorted, so that a hostile file of 100,000 keys costs no quadratic time. */
static int
check_keys_twice(struct reader *r)
{
	const struct ini *ini = r->ini;
	const struct ini_entry **sorted, *twice = NULL, *first = NULL;

	if (ini->count < 2)
		return 0;
	sorted = calloc(ini->count, sizeof(*sorted));
	if (!sorted)
		return no_memory(r);
	for (size_t i = 0; i < ini->count; i++)
		sorted[i] = &ini->entry[i];
	qsort(sorted, ini->count, sizeof(*sorted), compare_entries);
	for (size_t i = 1; i < ini->count; i++) {
		const struct ini_entry *x = sorted[i - 1], *y = sorted[i];

		if (strcmp(x->section, y->section) == 0 && strcmp(x->key, y->key) == 0 &&
			(!twice || y->line < twice->line)) {
			first = x;
			twice = y;
		}
	}
	free(sorted);
	if (!twice)
		return 0;
	return fail(r, twice->line, "%s: given twice in [%s], first in line %u",
		twice->key, twice->section, first->line);
}

static int
check_sections_twice(struct reader *r)
{
	const struct ini *ini = r->ini;

	/* Quadratic, so bounded: our files have about ten. */
	if (ini->section_count > 1000)
		return fail(r, ini->section[1000].line, "more than 1000 sections");
	for (size_t i = 1; i < ini->section_count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(ini->section[i].name, ini->section[k].name) == 0)
				return fail(r, ini->section[i].line,
					"[%s]: given twice, first in line %u",
					ini->section[i].name, ini->section[k].line);
	return 0;
}

int
ini_read_text(
	struct ini *ini, const char *file, const char *text, size_t size, struct error *e)
{
	struct reader r = {.ini = ini, .e = e, .at = text, .end = text + size};
	int line;

	memset(ini, 0, sizeof(*ini));
	ini->file = strdup(file);
	if (!ini->file)
		return error_set(e, ENOMEM, "%s: out of memory", file);
	if (size > LARGEST_FILE)
		return error_set(
			e, EFBIG, "%s: larger than %d bytes", file, LARGEST_FILE);
	if (check_bytes(&r) < 0)
		return r.status;
	line = ini_parse_stream(read_line, &r, handle, &r);
	if (r.status == 0 && line != 0)
		fail(&r, r.line, "inih does not understand this line");
	if (r.status == 0)
		close_value(&r);
	if (r.status == 0)
		check_sections_twice(&r);
	if (r.status == 0)
		check_keys_twice(&r);
	free(r.more);
	return r.status;
}

int
ini_read(struct ini *ini, const char *path, struct error *e)
{
	char *text;
	size_t size;
	int r;

	memset(ini, 0, sizeof(*ini));
	r = io_read_file(AT_FDCWD, path, LARGEST_FILE, &text, &size, e);
	if (r < 0)
		return r;
	r = ini_read_text(ini, path, text, size, e);
	free(text);
	return r;
}

void
ini_free(struct ini *ini)
{
	for (size_t i = 0; i < ini->count; i++) {
		free(ini->entry[i].section);
		free(ini->entry[i].key);
		free(ini->entry[i].value);
	}
	for (size_t i = 0; i < ini->section_count; i++)
		free(ini->section[i].name);
	free(ini->entry);
	free(ini->section);
	free(ini->file);
	memset(ini, 0, sizeof(*ini));
}
