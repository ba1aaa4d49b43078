/* SPDX-License-Identifier: ISC */
#include "kit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "builder/base/field.h"

static const struct field known[] = {
	{"kit", "format"},
	{"kit", "content"},
	{"kit", "kexec"},
	{"payload", "file"},
	{"cavity", "offset"},
	{"cavity", "size"},
	{"cmdline", "offset"},
	{"cmdline", "size"},
	{"kernel", "release"},
	{"kernel", "vermagic"},
	{"kernel", "init-size"},
	{NULL, NULL},
};

static const char *const formats[] = {"bzimage", "arm64-image", "efi-zboot", "fit", NULL};
static const char *const contents[] = {"raw", NULL};
static const char *const kexecs[] = {"file", "load", "none", NULL};

static int
read_choice(struct ini *ini, const char *key, const char *const *choices, char **value,
	struct error *e)
{
	const struct ini_entry *entry = ini_need(ini, "kit", key, e);
	unsigned i;
	int r;

	if (!entry)
		return -EINVAL;
	r = field_choice(ini, entry, choices, &i, e);
	if (r < 0)
		return r;
	*value = strdup(choices[i]);
	return *value ? 0 : error_set(e, ENOMEM, "%s: out of memory", ini->file);
}

static int
read_line(struct ini *ini, const char *section, const char *key, char **line,
	struct error *e)
{
	const struct ini_entry *entry = ini_need(ini, section, key, e);

	return entry ? field_line(ini, entry, line, e) : -EINVAL;
}

static int
read_number(struct ini *ini, const char *section, const char *key, uint64_t max,
	uint64_t *value, struct error *e)
{
	const struct ini_entry *entry = ini_need(ini, section, key, e);

	return entry ? ini_count(ini, entry, max, value, e) : -EINVAL;
}

static int
read_payload(struct kit *kit, struct ini *ini, struct error *e)
{
	const struct ini_entry *entry = ini_need(ini, "payload", "file", e);
	int r = entry ? field_line(ini, entry, &kit->payload, e) : -EINVAL;

	if (r == 0 && (strchr(kit->payload, '/') || kit->payload[0] == '.'))
		r = ini_bad(ini, entry, e, "want a file's name in the kit, got \"%s\"",
			kit->payload);
	return r;
}

/* A part of the payload that is at least one byte. */
static int
read_slot(struct kit *kit, struct ini *ini, const char *section, uint64_t *offset,
	uint64_t *size, struct error *e)
{
	int r = read_number(ini, section, "offset", kit->payload_size, offset, e);

	if (r == 0)
		r = read_number(
			ini, section, "size", kit->payload_size - *offset, size, e);
	if (r == 0 && *size == 0)
		r = ini_bad(
			ini, ini_get(ini, section, "size"), e, "want at least one byte");
	return r;
}

static int
read_all(struct kit *kit, struct ini *ini, struct error *e)
{
	int r = field_known(ini, known, e);

	if (r == 0)
		r = read_choice(ini, "format", formats, &kit->format, e);
	if (r == 0)
		r = read_choice(ini, "content", contents, &kit->content, e);
	if (r == 0)
		r = read_choice(ini, "kexec", kexecs, &kit->kexec, e);
	if (r == 0)
		r = read_slot(
			kit, ini, "cavity", &kit->cavity_offset, &kit->cavity_size, e);
	if (r == 0)
		r = read_slot(
			kit, ini, "cmdline", &kit->cmdline_offset, &kit->cmdline_size, e);
	if (r == 0 && kit->cmdline_offset < kit->cavity_offset + kit->cavity_size &&
		kit->cavity_offset < kit->cmdline_offset + kit->cmdline_size)
		r = ini_bad(ini, ini_get(ini, "cmdline", "offset"), e,
			"the slot lies in the cavity");
	if (r == 0)
		r = read_line(ini, "kernel", "release", &kit->release, e);
	if (r == 0)
		r = read_line(ini, "kernel", "vermagic", &kit->vermagic, e);
	if (r == 0)
		r = read_number(
			ini, "kernel", "init-size", UINT32_MAX, &kit->init_size, e);
	return r;
}

int
kit_parse(struct kit *kit, const char *file, const char *text, size_t size,
	uint64_t payload_size, struct error *e)
{
	struct ini ini = {0};
	int r;

	*kit = (struct kit){.payload_size = payload_size};
	r = ini_read_text(&ini, file, text, size, e);
	if (r == 0)
		r = read_payload(kit, &ini, e);
	if (r == 0)
		r = read_all(kit, &ini, e);
	ini_free(&ini);
	return r;
}

/* The size of a regular file root/name; access_mode as access(2) has it. */
static int
check_file(const char *root, const char *name, int access_mode, uint64_t *size,
	struct error *e)
{
	struct stat st;
	char *path;
	int r = 0;

	if (asprintf(&path, "%s/%s", root, name) < 0)
		return error_set(e, ENOMEM, "%s: out of memory", root);
	if (stat(path, &st) < 0 || access(path, access_mode) < 0)
		r = error_set(
			e, errno, "%s: %s: the kit is not whole", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		r = error_set(
			e, EINVAL, "%s: not a regular file: the kit is not whole", path);
	else if (size)
		*size = (uint64_t)st.st_size;
	free(path);
	return r;
}

int
kit_read(struct kit *kit, const char *root, struct error *e)
{
	struct ini ini = {0};
	char *path;
	int r;

	*kit = (struct kit){.root = strdup(root)};
	if (!kit->root || asprintf(&path, "%s/kit.ini", root) < 0)
		return error_set(e, ENOMEM, "%s: out of memory", root);
	r = ini_read(&ini, path, e);
	if (r == 0)
		r = read_payload(kit, &ini, e);
	if (r == 0)
		r = check_file(root, kit->payload, R_OK, &kit->payload_size, e);
	if (r == 0)
		r = check_file(root, "cast", R_OK | X_OK, NULL, e);
	if (r == 0)
		r = read_all(kit, &ini, e);
	ini_free(&ini);
	free(path);
	return r;
}

void
kit_free(struct kit *kit)
{
	free(kit->root);
	free(kit->format);
	free(kit->content);
	free(kit->kexec);
	free(kit->payload);
	free(kit->release);
	free(kit->vermagic);
	*kit = (struct kit){0};
}

uint64_t
kit_class(uint64_t cpio_size)
{
	uint64_t size = KIT_SMALLEST;

	while (size < cpio_size && size < KIT_LARGEST)
		size *= 2;
	return size < cpio_size ? 0 : size;
}
