/* SPDX-License-Identifier: ISC */
#ifndef LIB_INI_H
#define LIB_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;
struct strlist;

/*
 * Strict INI, read by inih: "[section]", "key = value", indented lines continue a value,
 * "#" in the first column starts a comment line. A value of several lines is joined by
 * newlines, the blanks that all its indented lines begin with removed, blank lines
 * between them kept, and is otherwise verbatim: "#" and ";" inside a value are data, so
 * that a value can be a script. An error is a message "file:line: key: what". Refused:
 * CR, NUL and other control bytes, bytes that are not UTF-8, a key given twice in a
 * section, a section given twice, text before the first section, ":" in a key, files over
 * 1 MiB, lines over 64 KiB.
 */
struct ini_entry {
	char *section;
	char *key;
	char *value;
	unsigned line; /* of the key */
	bool used; /* asked for by ini_get(); what is left over is unknown */
};

struct ini {
	char *file; /* as messages name it */
	struct ini_entry *entry;
	size_t count;
	struct {
		char *name;
		unsigned line;
	} * section;
	size_t section_count;
};

/* Reads a file; 0 or -errno with e filled. The caller calls ini_free() in either case. */
int ini_read(struct ini *ini, const char *path, struct error *e);

/* The same from memory; file is what messages name. */
int ini_read_text(struct ini *ini, const char *file, const char *text, size_t size,
	struct error *e);

void ini_free(struct ini *ini);

/* The entry, marked used, or NULL. */
struct ini_entry *ini_get(struct ini *ini, const char *section, const char *key);

/* The entry, or NULL with e saying which key the file lacks. */
struct ini_entry *ini_need(
	struct ini *ini, const char *section, const char *key, struct error *e);

/* 0, or -EINVAL naming the first section not in the NULL-ended list, or entry never used.
 */
int ini_finish(const struct ini *ini, const char *const *sections, struct error *e);

/* "file:line: key: why", -EINVAL. */
int ini_bad(const struct ini *ini, const struct ini_entry *entry, struct error *e,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Typed values: 0 or -EINVAL with the message. */
int ini_bool(const struct ini *ini, const struct ini_entry *entry, bool *value,
	struct error *e); /* yes or no */
int ini_size(const struct ini *ini, const struct ini_entry *entry, uint64_t *bytes,
	struct error *e); /* 16M: K, M, G are powers of 1024 */
int ini_count(const struct ini *ini, const struct ini_entry *entry, uint64_t max,
	uint64_t *value, struct error *e); /* decimal, <= max */
int ini_seconds(const struct ini *ini, const struct ini_entry *entry, uint64_t *ms,
	struct error *e); /* 5, 5s, 500ms, 2min, 1h -> ms */
int ini_mode(const struct ini *ini, const struct ini_entry *entry, const char *text,
	mode_t *mode, struct error *e); /* 0755 */
int ini_time(const struct ini *ini, const struct ini_entry *entry, int64_t *seconds,
	struct error *e); /* 2026-01-01T00:00:00Z, RFC 3339 */

#endif
