/* SPDX-License-Identifier: ISC */
#include "notify.h"

#include <string.h>

#include "pid1/base/terminal.h"

static bool
is(const char *text, size_t size, const char *word)
{
	return size == strlen(word) && memcmp(text, word, size) == 0;
}

/* "KEY=": the value behind it, or NULL. */
static const char *
after(const char *line, size_t size, const char *key)
{
	size_t length = strlen(key);

	return size >= length && memcmp(line, key, length) == 0 ? line + length : NULL;
}

static void
copy(const char *text, size_t size, char *to, size_t room)
{
	size_t n = size < room - 1 ? size : room - 1;

	/* Cut between characters of UTF-8. */
	while (n < size && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	memcpy(to, text, n);
	to[n] = '\0';
	terminal_clean(to, n);
	/* It stands in a table. */
	for (size_t i = 0; i < n; i++)
		if (to[i] == '\t')
			to[i] = '?';
}

static bool
read_line(const char *line, size_t size, struct notify *notify, char *status, size_t room)
{
	const char *value;

	if (is(line, size, "READY=1"))
		notify->ready = true;
	else if (is(line, size, "STOPPING=1"))
		notify->stopping = true;
	else if (is(line, size, "WATCHDOG=1"))
		notify->alive = true;
	else if (is(line, size, "WATCHDOG=trigger"))
		notify->trouble = true;
	else if ((value = after(line, size, "STATUS="))) {
		notify->has_status = true;
		copy(value, size - (size_t)(value - line), status, room);
	}
	/* A key is letters, digits and "_", as environment variables have it. */
	value = memchr(line, '=', size);
	if (!value || value == line)
		return false;
	for (const char *p = line; p < value; p++)
		if (!((*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_'))
			return false;
	return true;
}

bool
notify_parse(const char *text, size_t size, struct notify *notify, char *status,
	size_t status_size)
{
	bool any = false;

	memset(notify, 0, sizeof(*notify));
	while (size > 0) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;

		if (read_line(text, length, notify, status, status_size))
			any = true;
		text += length;
		size -= length;
		if (size > 0) {
			text++;
			size--;
		}
	}
	return any;
}
