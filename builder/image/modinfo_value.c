/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "modinfo.h"
#include "builder/base/xalloc.h"

#define CHARP_MAX 1024 /* kernel/params.c: param_set_charp() */

/* The whole numbers of kernel/params.c, by the names in parmtype=. */
static const struct {
	const char *name;
	unsigned bits;
	bool is_signed;
	const char *want;
} numbers[] = {
	{"byte", 8, false, "a whole number from 0 to 255"},
	{"short", 16, true, "a whole number from -32768 to 32767"},
	{"ushort", 16, false, "a whole number from 0 to 65535"},
	{"int", 32, true, "a whole number of 32 bits"},
	{"uint", 32, false, "a whole number from 0, of 32 bits"},
	{"hexint", 32, false, "a whole number from 0, of 32 bits"},
	{"long", 64, true, "a whole number of 64 bits"},
	{"ulong", 64, false, "a whole number from 0, of 64 bits"},
	{"ullong", 64, false, "a whole number from 0, of 64 bits"},
};

/* As kstrtoull() with base 0 reads it, and one sign before it. */
static bool
fits(const char *text, unsigned bits, bool is_signed)
{
	bool minus = is_signed && text[0] == '-';
	uint64_t most = UINT64_MAX >> (64 - bits);
	unsigned long long value;
	char *end;

	if (minus || text[0] == '+')
		text++;
	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (is_signed)
		most = most / 2 + minus;
	return *end == '\0' && errno == 0 && value <= most;
}

/* kstrtobool() looks at no more than two letters. */
static bool
is_bool(const char *text)
{
	if (text[0] == 'o' || text[0] == 'O')
		return text[1] && strchr("nNfF", text[1]);
	return text[0] && strchr("yYtT1nNfF0", text[0]);
}

static const char *
one_fault(const char *type, const char *value)
{
	if (strcmp(type, "bool") == 0 || strcmp(type, "invbool") == 0)
		return is_bool(value) ? NULL : "y or n";
	if (strcmp(type, "charp") == 0)
		return strlen(value) <= CHARP_MAX ? NULL : "at most 1024 bytes";
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(type, numbers[i].name) == 0)
			return fits(value, numbers[i].bits, numbers[i].is_signed)
				       ? NULL
				       : numbers[i].want;
	return NULL; /* a type of the module's own */
}

const char *
modinfo_value_fault(const char *type, const char *value)
{
	static const char array[] = "array of ";
	const char *fault = NULL;
	char *copy, *rest, *item;

	if (!value)
		return strcmp(type, "bool") == 0 || type[0] == '\0' ? NULL : "a value";
	if (strncmp(type, array, strlen(array)) != 0)
		return one_fault(type, value);
	rest = copy = xstrdup(value);
	while (!fault && (item = strsep(&rest, ",")))
		fault = one_fault(type + strlen(array), item);
	free(copy);
	return fault;
}
