/* SPDX-License-Identifier: ISC */
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "builder/base/say.h"
#include "suite.h"
#include "builder/base/xalloc.h"

#define STANZA_MAX ((size_t)4 << 20)
#define CHUNK	   ((size_t)256 << 10)

/* An index, unpacked while it is read: it is some 50 MB, a stanza a few KB. */
static struct archive *
open_index(const char *path)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;

	if (!a)
		die("out of memory");
	archive_read_support_filter_all(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	if (archive_read_open_filename(a, path, CHUNK) != ARCHIVE_OK)
		die("%s: %s", path, archive_error_string(a));
	if (archive_read_next_header(a, &entry) == ARCHIVE_FATAL)
		die("%s: %s", path, archive_error_string(a));
	return a;
}

struct window {
	char *text;
	size_t used, capacity;
};

/* Hands on the whole stanzas at the window's start and keeps the rest. */
static int
take_stanzas(struct window *w, bool last, int (*each)(void *, const char *, size_t),
	void *context)
{
	size_t at = 0;
	int rc = 0;

	while (at < w->used && rc == 0) {
		const char *end = memmem(w->text + at, w->used - at, "\n\n", 2);
		size_t size = end ? (size_t)(end + 1 - (w->text + at)) : w->used - at;

		if (!end && !last)
			break;
		if (size > 1)
			rc = each(context, w->text + at, size);
		at += size + (end ? 1 : 0);
	}
	memmove(w->text, w->text + at, w->used - at);
	w->used -= at;
	return rc;
}

int
suite_each(const char *index, int (*each)(void *context, const char *text, size_t size),
	void *context)
{
	struct archive *a = open_index(index);
	struct window w = {0};
	int rc = 0;

	for (;;) {
		la_ssize_t got;

		if (w.capacity - w.used < CHUNK) {
			w.capacity += 2 * CHUNK;
			if (w.capacity > STANZA_MAX)
				die("%s: a stanza of more than 4 MiB", index);
			w.text = xrealloc(w.text, w.capacity, 1);
		}
		got = archive_read_data(a, w.text + w.used, CHUNK);
		if (got < 0)
			die("%s: %s", index, archive_error_string(a));
		w.used += (size_t)got;
		rc = take_stanzas(&w, got == 0, each, context);
		if (rc != 0 || got == 0)
			break;
	}
	archive_read_free(a);
	free(w.text);
	return rc;
}

struct search {
	char *line; /* "Package: NAME\n" */
	const char *package, *version;
	struct stanza *stanza;
	bool found;
};

static int
match(void *context, const char *text, size_t size)
{
	struct search *s = context;
	const char *at = memmem(text, size, s->line, strlen(s->line));
	char *version;

	if (!at || (at != text && at[-1] != '\n'))
		return 0;
	version = stanza_field(text, size, "Version", s->package);
	if (s->version ? strcmp(version, s->version) != 0
		       : s->found && suite_compare_versions(
					     version, s->stanza->version) <= 0) {
		free(version);
		return 0;
	}
	if (s->found) {
		free(s->stanza->text);
		free(s->stanza->version);
	}
	s->stanza->text = xmalloc(size + 1);
	memcpy(s->stanza->text, text, size);
	s->stanza->text[size] = '\0';
	s->stanza->size = size;
	s->stanza->version = version;
	s->found = true;
	return s->version != NULL;
}

bool
suite_find(const char *index, const char *package, const char *version,
	struct stanza *stanza)
{
	struct search search = {.package = package,
		.version = version,
		.stanza = stanza,
		.line = xasprintf("Package: %s\n", package)};

	suite_each(index, match, &search);
	free(search.line);
	return search.found;
}
