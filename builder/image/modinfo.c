/* SPDX-License-Identifier: ISC */
#include "modinfo.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "elf.h"
#include "builder/base/xalloc.h"

#define MODINFO_MAX (1u << 20)
#define NAME_SIZE   56 /* MODULE_NAME_LEN of a 64-bit kernel */

bool
modinfo_same_name(const char *a, const char *b)
{
	while (*a &&
		(*a == *b || ((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))) {
		a++;
		b++;
	}
	return *a == *b;
}

static void
replace(char **old, const char *text)
{
	free(*old);
	*old = xstrdup(text);
}

/* "NAME:TYPE" or "NAME:what it does". */
static int
add_parameter(struct modinfo *info, const char *value)
{
	size_t length = strcspn(value, ":");
	char name[256];

	if (length == 0 || length >= sizeof(name))
		return 0;
	memcpy(name, value, length);
	name[length] = '\0';
	return strlist_has(&info->parameters, name)
		       ? 0
		       : strlist_add(&info->parameters, name);
}

/* "a,b" */
static int
add_depends(struct modinfo *info, const char *value)
{
	char *list = xstrdup(value);
	int r = 0;

	for (char *p = list; *p; p++)
		if (*p == ',')
			*p = ' ';
	r = strlist_split(&info->depends, list);
	free(list);
	return r;
}

static int
take(struct modinfo *info, const char *key, const char *value)
{
	if (strcmp(key, "name") == 0)
		replace(&info->name, value);
	else if (strcmp(key, "vermagic") == 0)
		replace(&info->vermagic, value);
	else if (strcmp(key, "license") == 0)
		replace(&info->license, value);
	else if (strcmp(key, "depends") == 0)
		return add_depends(info, value);
	else if (strcmp(key, "parmtype") == 0 && strlist_add(&info->types, value) < 0)
		return -ENOMEM;
	else if (strcmp(key, "parm") == 0 || strcmp(key, "parmtype") == 0)
		return add_parameter(info, value);
	return 0;
}

/* NUL-ended "key=value" texts; text[size] is a NUL too. */
static int
take_all(struct modinfo *info, char *text, size_t size, struct error *e)
{
	for (char *p = text; p < text + size; p += strlen(p) + 1) {
		char *equals = strchr(p, '=');
		int r;

		if (!equals)
			continue;
		*equals = '\0';
		r = take(info, p, equals + 1);
		*equals = '=';
		if (r < 0)
			return error_set(e, -r, "%s", strerror(-r));
	}
	return 0;
}

static bool
name_fits(const char *name)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

	return name[0] != '\0' && strlen(name) < NAME_SIZE &&
	       name[strspn(name, letters)] == '\0';
}

int
modinfo_read(struct modinfo *info, const struct elf_input *in, struct error *e)
{
	uint64_t offset, size;
	struct elf elf;
	char *text;
	int r;

	*info = (struct modinfo){
		.name = xstrdup(""), .vermagic = xstrdup(""), .license = xstrdup("")};
	r = elf_read(&elf, in, e);
	if (r < 0)
		return r;
	if (elf.type != ET_REL)
		return error_set(
			e, EBADMSG, "not a kernel module: not an ELF object file");
	r = elf_section(&elf, in, ".modinfo", &offset, &size, e);
	if (r == -ENOENT)
		return error_set(
			e, EBADMSG, "not a kernel module: it has no section .modinfo");
	if (r < 0)
		return r;
	if (size > MODINFO_MAX)
		return error_set(e, EBADMSG, "its section .modinfo is over 1 MiB");
	text = xcalloc(1, (size_t)size + 1);
	if (elf_bytes(in, offset, text, (size_t)size))
		r = take_all(info, text, (size_t)size, e);
	else
		r = error_set(e, EBADMSG, "its section .modinfo cannot be read");
	free(text);
	for (size_t end = strlen(info->vermagic);
		end > 0 && info->vermagic[end - 1] == ' ';)
		info->vermagic[--end] = '\0';
	if (r == 0 && !name_fits(info->name))
		return error_set(e, EBADMSG,
			"not a kernel module: no valid name= in its section .modinfo");
	return r;
}

int
modinfo_check_kernel(const struct modinfo *info, const char *vermagic, struct error *e)
{
	size_t length = strlen(vermagic);

	while (length > 0 && vermagic[length - 1] == ' ')
		length--;
	if (strlen(info->vermagic) == length &&
		memcmp(info->vermagic, vermagic, length) == 0)
		return 0;
	return error_set(e, EINVAL,
		"a module for the kernel \"%.120s\", the board's is \"%.*s\": build it against the board's kernel",
		info->vermagic, (int)length, vermagic);
}

void
modinfo_free(struct modinfo *info)
{
	free(info->name);
	free(info->vermagic);
	free(info->license);
	strlist_free(&info->depends);
	strlist_free(&info->parameters);
	strlist_free(&info->types);
	*info = (struct modinfo){0};
}
