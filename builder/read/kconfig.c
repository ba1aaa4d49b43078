/* SPDX-License-Identifier: ISC */
#include "kconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/io.h"
#include "lib/utf8.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"

#define LARGEST_FILE   (1024 * 1024)
#define LONGEST_LINE   4096
#define LONGEST_SYMBOL 128

static const char prefix[] = "CONFIG_";
static const char not_set[] = " is not set";

struct span {
	const char *at;
	size_t size;
};

/* One line of a fragment or a .config, taken apart. */
struct assignment {
	struct span symbol, value;
};

static bool
equals(struct span s, const char *text)
{
	return s.size == strlen(text) && memcmp(s.at, text, s.size) == 0;
}

static bool
starts_with(struct span s, const char *text)
{
	size_t size = strlen(text);

	return s.size >= size && memcmp(s.at, text, size) == 0;
}

static struct span
skip(struct span s, size_t size)
{
	return (struct span){s.at + size, s.size - size};
}

static struct span
next_line(struct span *text)
{
	const char *newline = memchr(text->at, '\n', text->size);
	size_t size = newline ? (size_t)(newline - text->at) : text->size;
	struct span line = {text->at, size};

	*text = skip(*text, newline ? size + 1 : size);
	return line;
}

/* The symbol at the start of s, without CONFIG_; size 0 if there is none. */
static struct span
take_symbol(struct span s)
{
	struct span symbol;

	if (!starts_with(s, prefix))
		return (struct span){s.at, 0};
	symbol = skip(s, sizeof(prefix) - 1);
	for (size_t i = 0; i < symbol.size; i++) {
		char c = symbol.at[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			    (c >= '0' && c <= '9') || c == '_'))
			symbol.size = i;
	}
	return symbol;
}

/* "CONFIG_X=value" and "# CONFIG_X is not set"; false for anything else. */
static bool
split(struct span line, struct assignment *a)
{
	struct span rest;

	if (starts_with(line, "# ")) {
		a->symbol = take_symbol(skip(line, 2));
		a->value = (struct span){"n", 1};
		rest = skip(line,
			2 + (a->symbol.size ? sizeof(prefix) - 1 : 0) + a->symbol.size);
		return a->symbol.size > 0 && equals(rest, not_set);
	}
	a->symbol = take_symbol(line);
	if (a->symbol.size == 0)
		return false;
	rest = skip(line, sizeof(prefix) - 1 + a->symbol.size);
	if (rest.size < 1 || rest.at[0] != '=')
		return false;
	a->value = skip(rest, 1);
	return true;
}

/* y, m, a decimal or hexadecimal number, or a quoted string with nothing to escape. */
static bool
value_valid(struct span v)
{
	size_t i = 0, digits;
	bool hex;

	if (equals(v, "y") || equals(v, "m"))
		return true;
	if (v.size >= 2 && v.at[0] == '"' && v.at[v.size - 1] == '"')
		return !memchr(v.at + 1, '"', v.size - 2) && !memchr(v.at, '\\', v.size);
	hex = starts_with(v, "0x");
	i = hex ? 2 : starts_with(v, "-") ? 1 : 0;
	digits = v.size - i;
	for (; i < v.size; i++)
		if (!(v.at[i] >= '0' && v.at[i] <= '9') &&
			!(hex && v.at[i] >= 'a' && v.at[i] <= 'f') &&
			!(hex && v.at[i] >= 'A' && v.at[i] <= 'F'))
			return false;
	return digits > 0 && digits <= 20;
}

/* Bytes that no text file of ours has; 0 or -EINVAL. */
static int
check_line(const char *file, unsigned number, struct span line, struct error *e)
{
	if (line.size > LONGEST_LINE)
		return error_set(e, EINVAL, "%s:%u: line longer than %d bytes", file,
			number, LONGEST_LINE);
	for (size_t i = 0; i < line.size;) {
		unsigned char c = (unsigned char)line.at[i];
		size_t length =
			utf8_length((const unsigned char *)line.at + i, line.size - i);

		if (c == '\r')
			return error_set(e, EINVAL,
				"%s:%u: carriage return: save it with Unix line ends",
				file, number);
		if (c == '\0')
			return error_set(e, EINVAL,
				"%s:%u: NUL byte: this is not a text file", file, number);
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return error_set(
				e, EINVAL, "%s:%u: control byte 0x%02x", file, number, c);
		if (length == 0)
			return error_set(e, EINVAL, "%s:%u: byte 0x%02x is not UTF-8",
				file, number, c);
		i += length;
	}
	return 0;
}

/* A comment that was meant as a request would be lost without a word. */
static bool
looks_like_request(struct span comment)
{
	while (comment.size > 0 &&
		(comment.at[0] == '#' || comment.at[0] == ' ' || comment.at[0] == '\t'))
		comment = skip(comment, 1);
	return starts_with(comment, prefix) &&
	       memmem(comment.at, comment.size, "not set", strlen("not set"));
}

static int
bad_line(const char *file, unsigned number, struct span line, struct error *e)
{
	struct span symbol = take_symbol(line);
	struct span value =
		skip(line, symbol.size ? sizeof(prefix) - 1 + symbol.size : 0);

	if (symbol.size > 0 && equals(value, "=n"))
		return error_set(e, EINVAL,
			"%s:%u: CONFIG_%.*s: want \"# CONFIG_%.*s is not set\" for no",
			file, number, (int)symbol.size, symbol.at, (int)symbol.size,
			symbol.at);
	if (symbol.size > 0 && starts_with(value, "="))
		return error_set(e, EINVAL,
			"%s:%u: CONFIG_%.*s: want y, m, a number or a \"string\" "
			"without escapes, got \"%.*s\"",
			file, number, (int)symbol.size, symbol.at,
			(int)(value.size - 1 > 64 ? 64 : value.size - 1), value.at + 1);
	return error_set(e, EINVAL,
		"%s:%u: want \"CONFIG_NAME=value\" or \"# CONFIG_NAME is not set\", "
		"got \"%.*s\"",
		file, number, (int)(line.size > 64 ? 64 : line.size), line.at);
}

/* Appends; the value is checked here, so that only whole requests are ever kept. */
static int
add(struct kconfig *config, const char *file, unsigned number, const struct assignment *a,
	struct error *e)
{
	struct kconfig_request *request = config->request;

	if ((config->count & (config->count - 1)) == 0) {
		request = reallocarray(
			request, config->count ? config->count * 2 : 1, sizeof(*request));
		if (!request)
			return error_set(e, ENOMEM, "%s: out of memory", file);
		config->request = request;
	}
	request += config->count;
	*request = (struct kconfig_request){
		.symbol = strndup(a->symbol.at, a->symbol.size),
		.value = strndup(a->value.at, a->value.size),
		.file = strdup(file),
		.line = number,
	};
	config->count++;
	if (!request->symbol || !request->value || !request->file)
		return error_set(e, ENOMEM, "%s: out of memory", file);
	return 0;
}

static int
compare_requests(const void *a, const void *b)
{
	const struct kconfig_request *x = *(const struct kconfig_request *const *)a;
	const struct kconfig_request *y = *(const struct kconfig_request *const *)b;
	int order = strcmp(x->symbol, y->symbol);

	/* Both point into one array: the earlier request first. */
	return order ? order : (x > y) - (x < y);
}

/* The requests sorted by symbol, which the caller frees; NULL when out of memory. */
static const struct kconfig_request **
sorted(const struct kconfig *config)
{
	const struct kconfig_request **list = calloc(config->count + 1, sizeof(*list));

	if (!list)
		return NULL;
	for (size_t i = 0; i < config->count; i++)
		list[i] = &config->request[i];
	qsort(list, config->count, sizeof(*list), compare_requests);
	return list;
}

/* One value for each symbol; twice in one file is a mistake even where it says the same.
 */
static int
check_conflicts(const struct kconfig *config, struct error *e)
{
	const struct kconfig_request **list = sorted(config);
	int r = 0;

	if (!list)
		return error_set(e, ENOMEM, "kernel config: out of memory");
	for (size_t i = 1; r == 0 && i < config->count; i++) {
		const struct kconfig_request *x = list[i - 1], *y = list[i];

		if (strcmp(x->symbol, y->symbol) != 0)
			continue;
		if (strcmp(x->file, y->file) == 0)
			r = error_set(e, EINVAL,
				"%s:%u: CONFIG_%s: given twice, first at line %u",
				y->file, y->line, y->symbol, x->line);
		else if (strcmp(x->value, y->value) != 0)
			r = error_set(e, EINVAL,
				"%s:%u: CONFIG_%s: wants %s, but %s:%u wants %s", y->file,
				y->line, y->symbol, y->value, x->file, x->line, x->value);
	}
	free(list);
	return r;
}

static int
parse_lines(struct kconfig *config, const char *file, struct span text, struct error *e)
{
	struct assignment a;
	unsigned number = 0;
	int r = 0;

	while (r == 0 && text.size > 0) {
		struct span line = next_line(&text);

		number++;
		r = check_line(file, number, line, e);
		if (r < 0 || line.size == 0)
			continue;
		if (split(line, &a) && a.symbol.size <= LONGEST_SYMBOL &&
			(line.at[0] == '#' || value_valid(a.value)))
			r = add(config, file, number, &a, e);
		else if (line.at[0] != '#' || looks_like_request(line))
			r = bad_line(file, number, line, e);
	}
	return r;
}

int
kconfig_parse(struct kconfig *config, const char *file, const char *text, size_t size,
	struct error *e)
{
	size_t before = config->count;
	int r = parse_lines(config, file, (struct span){text, size}, e);

	if (r == 0 && config->count == before)
		r = error_set(
			e, EINVAL, "%s: asks for nothing: want CONFIG_NAME=value", file);
	return r < 0 ? r : check_conflicts(config, e);
}

int
kconfig_read(struct kconfig *config, const struct strlist *files, struct error *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < files->count; i++) {
		char *text = NULL;
		size_t size = 0;

		r = io_read_file(AT_FDCWD, files->item[i], LARGEST_FILE, &text, &size, e);
		if (r == 0)
			r = kconfig_parse(config, files->item[i], text, size, e);
		free(text);
	}
	return r;
}

void
kconfig_free(struct kconfig *config)
{
	for (size_t i = 0; i < config->count; i++) {
		free(config->request[i].symbol);
		free(config->request[i].value);
		free(config->request[i].file);
	}
	free(config->request);
	*config = (struct kconfig){0};
}

char *
kconfig_text(const struct kconfig *config)
{
	const struct kconfig_request **list = sorted(config);
	size_t room = 1, length = 0;
	char *text;

	if (!list)
		die("kernel config: out of memory");
	for (size_t i = 0; i < config->count; i++)
		room += strlen(list[i]->symbol) + strlen(list[i]->value) +
			sizeof(prefix) + sizeof(not_set) + 4;
	text = xmalloc(room);
	text[0] = '\0';
	for (size_t i = 0; i < config->count; i++) {
		const struct kconfig_request *x = list[i];
		bool off = strcmp(x->value, "n") == 0;

		if (i > 0 && strcmp(list[i - 1]->symbol, x->symbol) == 0)
			continue;
		length += (size_t)snprintf(text + length, room - length, "%s%s%s%s%s\n",
			off ? "# " : "", prefix, x->symbol, off ? not_set : "=",
			off ? "" : x->value);
	}
	free(list);
	return text;
}

/* Marks what a line of the finished .config settles, or says that it is something else.
 */
static int
verify_line(const struct kconfig_request **list, size_t count, bool *seen,
	const struct assignment *a, struct error *e)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *symbol = list[middle]->symbol;
		int order = strncmp(symbol, a->symbol.at, a->symbol.size);

		if (order == 0 && symbol[a->symbol.size])
			order = 1;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && strlen(list[low]->symbol) == a->symbol.size &&
		memcmp(list[low]->symbol, a->symbol.at, a->symbol.size) == 0;
		low++) {
		const struct kconfig_request *x = list[low];

		seen[low] = true;
		if (!equals(a->value, x->value))
			return error_set(e, EINVAL,
				"%s:%u: CONFIG_%s: wants %s, but the kernel's own rules "
				"make it %.*s: ask for what it depends on, or leave it "
				"out",
				x->file, x->line, x->symbol, x->value,
				(int)(a->value.size > 64 ? 64 : a->value.size),
				a->value.at);
	}
	return 0;
}

int
kconfig_verify(
	const struct kconfig *config, const char *final, size_t size, struct error *e)
{
	const struct kconfig_request **list = sorted(config);
	bool *seen = calloc(config->count + 1, sizeof(*seen));
	struct span text = {final, size};
	struct assignment a;
	int r = 0;

	if (!list || !seen) {
		free(list);
		free(seen);
		return error_set(e, ENOMEM, "kernel config: out of memory");
	}
	while (r == 0 && text.size > 0) {
		struct span line = next_line(&text);

		if (split(line, &a))
			r = verify_line(list, config->count, seen, &a, e);
	}
	/* What the .config does not name is off. */
	for (size_t i = 0; r == 0 && i < config->count; i++)
		if (!seen[i] && strcmp(list[i]->value, "n") != 0)
			r = error_set(e, EINVAL,
				"%s:%u: CONFIG_%s: wants %s, but the result has no such "
				"symbol: it is unknown to this kernel, or something it "
				"depends on is off",
				list[i]->file, list[i]->line, list[i]->symbol,
				list[i]->value);
	free(list);
	free(seen);
	return r;
}
