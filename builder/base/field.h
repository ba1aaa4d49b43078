/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_FIELD_H
#define BUILDER_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct ini;
struct ini_entry;
struct strlist;

/*
 * The kinds of values that recipe.ini, board.ini and service files share, each checked
 * strictly: 0, or -EINVAL with "file:line: key: want ..., got ...".
 */

/* One section and key that a reader knows; key NULL: any key of the section. */
struct field {
	const char *section, *key;
};

/* Refuses every section and key that is not in the table (ended by a NULL section). */
int field_known(struct ini *ini, const struct field *known, struct error *e);

/* A message from elsewhere with the entry's place before it; returns r. */
int field_blame(
	const struct ini *ini, const struct ini_entry *entry, int r, struct error *e);

/* A name of recipes (extra "+.-") or boards, fragments and services (extra "+.-_"). */
#define NAME_RECIPE "+.-"
#define NAME_OTHER  "+.-_"
#define NAME_LENGTH 64 /* at most */
bool name_valid(const char *name, const char *extra);

/* One line of text, not empty, no control characters. The caller frees. */
int field_line(const struct ini *ini, const struct ini_entry *entry, char **line,
	struct error *e);

/* A script: any text that is not blank. The caller frees. */
int field_script(const struct ini *ini, const struct ini_entry *entry, char **script,
	struct error *e);

/* Words split at blanks, none twice; an empty list only where `empty` allows it. */
int field_words(const struct ini *ini, const struct ini_entry *entry, bool empty,
	struct strlist *words, struct error *e);

/* The same, each a name. */
int field_names(const struct ini *ini, const struct ini_entry *entry, bool empty,
	const char *extra, struct strlist *names, struct error *e);
int field_name(const struct ini *ini, const struct ini_entry *entry, const char *extra,
	char **name, struct error *e);

/* The index of the value in a NULL-ended list of words; the message names them all. */
int field_choice(const struct ini *ini, const struct ini_entry *entry,
	const char *const *choices, unsigned *index, struct error *e);

/* A user or group id, 0 .. 4294967294. */
int field_id(const struct ini *ini, const struct ini_entry *entry, const char *text,
	uint32_t *id, struct error *e);

/* Size of at least one byte. */
int field_size(const struct ini *ini, const struct ini_entry *entry, uint64_t *bytes,
	struct error *e);

/* The key is the path of a file in the image, where nothing at boot hides it. */
int field_image_path(
	const struct ini *ini, const struct ini_entry *entry, struct error *e);

/* NULL if path is absolute and normal ("/a/b"), else what is wrong with it. */
const char *path_fault(const char *path);

/* The words from the i-th on are MODE [UID GID]: fills all three. */
int field_owner(const struct ini *ini, const struct ini_entry *entry,
	const struct strlist *words, size_t i, unsigned *mode, unsigned *uid,
	unsigned *gid, struct error *e);

/* True if the words of the line, one blank between them, hold this one. */
bool field_has_word(const char *line, const char *word);

#endif
