/* SPDX-License-Identifier: ISC */
#include "control.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "lib/error.h"

/* The line at *at, without its newline; *at moves past it. */
static struct control_value
take_line(const char **at, const char *end)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	const char *stop = newline ? newline : end;
	struct control_value line = {*at, (size_t)(stop - *at)};

	*at = newline ? newline + 1 : end;
	return line;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
trim(struct control_value *value)
{
	while (value->size && is_blank(value->text[0])) {
		value->text++;
		value->size--;
	}
	while (value->size && (is_blank(value->text[value->size - 1]) ||
				      value->text[value->size - 1] == '\n'))
		value->size--;
}

int
control_field(const char *text, size_t size, const char *name,
	struct control_value *value, const char *what, struct error *e)
{
	const char *end = text + size, *at = text;
	size_t length = strlen(name);
	bool ours = false, found = false;
	const char *first_end = NULL;

	if (memchr(text, '\0', size))
		return error_set(e, EBADMSG, "%s: a NUL byte in control data", what);
	while (at < end) {
		struct control_value line = take_line(&at, end);
		const char *colon;

		if (line.size == 0)
			continue;
		if (is_blank(line.text[0])) {
			if (ours)
				value->size =
					(size_t)(line.text + line.size - value->text);
			else if (!first_end)
				return error_set(e, EBADMSG,
					"%s: begins with a continued line", what);
			continue;
		}
		colon = memchr(line.text, ':', line.size);
		if (!colon || colon == line.text)
			return error_set(e, EBADMSG, "%s: a line that is no field: %.*s",
				what, (int)(line.size < 60 ? line.size : 60), line.text);
		first_end = colon;
		ours = (size_t)(colon - line.text) == length &&
		       strncasecmp(line.text, name, length) == 0;
		if (!ours)
			continue;
		if (found)
			return error_set(e, EBADMSG, "%s: %s: given twice", what, name);
		found = true;
		value->text = colon + 1;
		value->size = (size_t)(line.text + line.size - value->text);
	}
	if (!found)
		return error_set(e, ENOENT, "%s: no field %s", what, name);
	trim(value);
	return 0;
}

static struct control_value
take_word(struct control_value *line)
{
	struct control_value word;
	size_t length = 0;

	trim(line);
	while (length < line->size && !is_blank(line->text[length]))
		length++;
	word.text = line->text;
	word.size = length;
	line->text += length;
	line->size -= length;
	return word;
}

static int
parse_size(struct control_value word, uint64_t *size)
{
	*size = 0;
	/* 18 digits cannot overflow 64 bits. */
	if (word.size == 0 || word.size > 18)
		return -EBADMSG;
	for (size_t i = 0; i < word.size; i++) {
		if (word.text[i] < '0' || word.text[i] > '9')
			return -EBADMSG;
		*size = *size * 10 + (uint64_t)(word.text[i] - '0');
	}
	return 0;
}

int
control_next_file(struct control_value *value, struct control_file *file,
	const char *what, struct error *e)
{
	const char *at = value->text, *end = value->text + value->size;
	struct control_value line, hash, size, name;

	do {
		if (at == end)
			return 0;
		line = take_line(&at, end);
		trim(&line);
	} while (line.size == 0);
	value->text = at;
	value->size = (size_t)(end - at);
	hash = take_word(&line);
	size = take_word(&line);
	name = take_word(&line);
	trim(&line);
	if (hash.size != SHA256_HEX - 1 || line.size || !name.size ||
		parse_size(size, &file->size) < 0)
		goto bad;
	memcpy(file->sha256, hash.text, SHA256_HEX - 1);
	file->sha256[SHA256_HEX - 1] = '\0';
	if (sha256_check_hex(file->sha256) < 0)
		goto bad;
	file->name = name.text;
	file->name_size = name.size;
	return 1;
bad:
	return error_set(
		e, EBADMSG, "%s: a line of checksums is not \"SHA-256 SIZE NAME\"", what);
}
