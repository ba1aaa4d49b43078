/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>

#include "lib/error.h"
#include "unpack.h"
#include "unpack_parts.h"

#define UNPACK_DEPTH 128

int
unpack_name(struct unpack *u, const char *raw, char name[PATH_MAX])
{
	size_t at = 0, depth = 0;
	const char *part = raw;

	if (*raw == '/')
		return unpack_refuse(u, raw, "an absolute name");
	if (strlen(raw) >= PATH_MAX)
		return unpack_refuse(u, raw, "a name of %zu bytes", strlen(raw));
	while (*part) {
		size_t size = strcspn(part, "/");

		if (size == 2 && memcmp(part, "..", 2) == 0)
			return unpack_refuse(u, raw, "a name with \"..\"");
		if (size > NAME_MAX || depth > UNPACK_DEPTH)
			return unpack_refuse(u, raw, "a name too long or too deep");
		if (size > 0 && !(size == 1 && *part == '.')) {
			if (depth++ > 0)
				name[at++] = '/';
			memcpy(name + at, part, size);
			at += size;
		}
		part += size + (part[size] == '/');
	}
	name[at] = '\0';
	for (part = name; *part; part++)
		if (((unsigned char)*part) < ' ' || *part == 0x7f)
			return unpack_refuse(u, raw, "a control character in a name");
	return 0;
}

int
unpack_strip_top(struct unpack *u, char name[PATH_MAX], bool folder)
{
	size_t size = strcspn(name, "/");

	if (!name[size] && !folder)
		return error_set(
			u->e, EXDEV, "%s: %s: not in a top folder", u->file, name);
	if (!*u->top) {
		memcpy(u->top, name, size);
		u->top[size] = '\0';
	}
	if (strlen(u->top) != size || memcmp(u->top, name, size) != 0)
		return error_set(u->e, EXDEV, "%s: more than one top folder: %s and %.*s",
			u->file, u->top, (int)size, name);
	if (!name[size])
		return 1;
	memmove(name, name + size + 1, strlen(name + size + 1) + 1);
	return 0;
}

bool
unpack_link_inside(const char *name, const char *target)
{
	size_t depth = 0, up = 0;
	bool down = false;

	for (const char *c = name; *c; c++)
		depth += *c == '/';
	if (!*target || *target == '/' || strlen(target) >= PATH_MAX)
		return false;
	while (*target) {
		size_t size = strcspn(target, "/");

		if (size == 2 && memcmp(target, "..", 2) == 0) {
			if (down || ++up > depth)
				return false;
		} else if (size > 0 && !(size == 1 && *target == '.')) {
			down = true;
		}
		target += size + (target[size] == '/');
	}
	return true;
}

bool
unpack_matches(const char *pattern, const char *name)
{
	char head[PATH_MAX];
	size_t parts = 1;
	const char *end = name;

	for (const char *c = pattern; *c; c++)
		parts += *c == '/';
	/* A folder stands for all that is below it, so only the head has to match. */
	while (*end && (*end != '/' || --parts > 0))
		end++;
	if ((size_t)(end - name) >= sizeof(head))
		return false;
	memcpy(head, name, (size_t)(end - name));
	head[end - name] = '\0';
	return fnmatch(pattern, head, FNM_PATHNAME | FNM_NOESCAPE) == 0;
}

bool
unpack_wanted(const struct unpack *u, const char *name)
{
	for (size_t i = 0; u->only && i < u->only->count; i++)
		if (unpack_matches(u->only->item[i], name))
			return true;
	return !u->only;
}
