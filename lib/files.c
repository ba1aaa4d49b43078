/* SPDX-License-Identifier: ISC */
#include "files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "error.h"

static bool
is_board(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length < FILES_BOARD_SIZE && name[0] != '.' &&
	       name[0] != '-' &&
	       strspn(name,
		       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") ==
		       length;
}

/* Absolute, no empty part, no "." or "..", no slash at the end, no control bytes. */
static bool
is_path(const char *path)
{
	const char *part;

	if (path[0] != '/' || strlen(path) >= PATH_MAX)
		return false;
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	if (path[1] == '\0')
		return true;
	for (part = path; part; part = strchr(part, '/')) {
		size_t length = strcspn(++part, "/");

		if (length == 0 || (length <= 2 && strspn(part, ".") >= length))
			return false;
	}
	return true;
}

/* What is wrong with an entry, or NULL. */
static const char *
check_entry(const struct files_entry *entry)
{
	bool bytes = entry->type == 'f' || entry->type == 'l';

	if (!bytes && entry->type != 'd' && entry->type != 'c')
		return "want a type of f, d, l or c";
	if (entry->mode > 07777)
		return "want a mode of four octal digits";
	if (bytes ? sha256_check_hex(entry->sha256) < 0 : strcmp(entry->sha256, "-") != 0)
		return "want a SHA-256 for f and l, and - for d and c";
	if (!bytes && entry->size != 0)
		return "want a size of 0 for d and c";
	if (!is_path(entry->path))
		return "want an absolute path without empty parts, \"..\" or control bytes";
	return NULL;
}

static int
bad(const struct files_reader *reader, struct error *e, const char *why)
{
	return error_set(e, EINVAL, "%s:%u: %s", reader->file, reader->line, why);
}

/* The line up to its newline, which must be there, into line[room]. */
static int
take_line(struct files_reader *reader, char *line, size_t room, struct error *e)
{
	const char *newline =
		memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
	size_t length;

	reader->line++;
	line[0] = '\0';
	if (!newline)
		return bad(reader, e, "cut off: want a line that ends");
	length = (size_t)(newline - reader->at);
	if (length >= room)
		return bad(reader, e, "line too long");
	if (memchr(reader->at, '\0', length))
		return bad(reader, e, "NUL byte");
	memcpy(line, reader->at, length);
	line[length] = '\0';
	reader->at = newline + 1;
	return 0;
}

/* Digits of a base, no sign, no zeros before them; what follows, or NULL. */
static const char *
take_number(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (*text < '0' || *text > '9' ||
		(text[0] == '0' && text[1] >= '0' && text[1] <= '9'))
		return NULL;
	for (; *text >= '0' && *text <= '9'; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (digit > max || v > (max - digit) / 10)
			return NULL;
		v = v * 10 + digit;
	}
	*value = v;
	return text;
}

static int
take_head_number(
	struct files_reader *reader, const char *key, uint64_t *value, struct error *e)
{
	char line[64] = "";
	const char *end = NULL;
	size_t length = strlen(key);
	int r = take_line(reader, line, sizeof(line), e);

	if (r < 0)
		return r;
	if (strncmp(line, key, length) == 0)
		end = take_number(line + length, UINT64_MAX, value);
	if (!end || *end)
		return error_set(e, EINVAL, "%s:%u: want \"%sN\"", reader->file,
			reader->line, key);
	return 0;
}

int
files_open(struct files_reader *reader, const char *file, const char *text, size_t size,
	struct files_head *head, struct error *e)
{
	char line[sizeof("board ") + FILES_BOARD_SIZE] = "";
	int r;

	*reader = (struct files_reader){.file = file, .at = text, .end = text + size};
	memset(head, 0, sizeof(*head));
	r = take_line(reader, line, sizeof(line), e);
	if (r < 0)
		return r;
	if (strncmp(line, "board ", 6) != 0 || !is_board(line + 6))
		return bad(reader, e, "want \"board NAME\"");
	memcpy(head->board, line + 6, strlen(line + 6) + 1);
	r = take_head_number(reader, "version ", &head->version, e);
	if (r < 0)
		return r;
	return take_head_number(reader, "floor ", &head->floor, e);
}

/* Splits off the word before the next blank; NULL when there is none. */
static char *
take_word(char **at)
{
	char *word = *at, *blank = word ? strchr(word, ' ') : NULL;

	if (!blank)
		return NULL;
	*blank = '\0';
	*at = blank + 1;
	return word;
}

static bool
parse_entry(char *line, struct files_entry *entry)
{
	char *type = take_word(&line), *mode = type ? take_word(&line) : NULL;
	uint64_t number[3];
	const char *hash;

	if (!mode || strlen(type) != 1 || strlen(mode) != 4 ||
		strspn(mode, "01234567") != 4)
		return false;
	entry->type = type[0];
	entry->mode = 0;
	for (size_t i = 0; i < 4; i++)
		entry->mode = entry->mode << 3 | (unsigned)(mode[i] - '0');
	for (size_t i = 0; i < 3; i++) {
		const char *word = take_word(&line), *end = NULL;

		if (word)
			end = take_number(
				word, i < 2 ? UINT32_MAX : UINT64_MAX, &number[i]);
		if (!end || *end)
			return false;
	}
	entry->uid = (uint32_t)number[0];
	entry->gid = (uint32_t)number[1];
	entry->size = number[2];
	hash = take_word(&line);
	if (!hash || strlen(hash) >= sizeof(entry->sha256))
		return false;
	memcpy(entry->sha256, hash, strlen(hash) + 1);
	if (strlen(line) >= sizeof(entry->path))
		return false;
	memcpy(entry->path, line, strlen(line) + 1);
	return true;
}

int
files_next(struct files_reader *reader, struct files_entry *entry, struct error *e)
{
	char line[PATH_MAX + 160];
	const char *why;
	int r;

	if (reader->at == reader->end)
		return 0;
	r = take_line(reader, line, sizeof(line), e);
	if (r < 0)
		return r;
	if (!parse_entry(line, entry))
		return bad(reader, e, "want \"TYPE MODE UID GID SIZE SHA256 PATH\"");
	why = check_entry(entry);
	if (why)
		return bad(reader, e, why);
	if (reader->path[0] && strcmp(reader->path, entry->path) >= 0)
		return bad(reader, e,
			"not after the path before it: want them sorted, each once");
	memcpy(reader->path, entry->path, strlen(entry->path) + 1);
	return 1;
}

int
files_write_head(FILE *out, const struct files_head *head, struct error *e)
{
	if (memchr(head->board, '\0', sizeof(head->board)) == NULL ||
		!is_board(head->board))
		return error_set(e, EINVAL, "%.64s: not a board's name", head->board);
	if (fprintf(out, "board %s\nversion %" PRIu64 "\nfloor %" PRIu64 "\n",
		    head->board, head->version, head->floor) < 0)
		return error_set(e, EIO, "cannot write the files record");
	return 0;
}

int
files_write_entry(FILE *out, const struct files_entry *entry, struct error *e)
{
	const char *why = check_entry(entry);

	if (why)
		return error_set(e, EINVAL, "%s: %s", entry->path, why);
	if (fprintf(out, "%c %04o %" PRIu32 " %" PRIu32 " %" PRIu64 " %s %s\n",
		    entry->type, entry->mode, entry->uid, entry->gid, entry->size,
		    entry->sha256, entry->path) < 0)
		return error_set(e, EIO, "cannot write the files record");
	return 0;
}
