/* SPDX-License-Identifier: ISC */
#include "ram.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "builder/base/size.h"

#define MIB (1024u * 1024)

/* Sums that stay at the greatest value instead of wrapping. */
static uint64_t
plus(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* The last size= of an option list "size=90%,nr_inodes=1k"; NULL if there is none. */
static const char *
find_size(const char *options, size_t length)
{
	const char *found = NULL;

	for (const char *p = options; p < options + length;) {
		size_t part = strcspn(p, ", ");

		if (strncmp(p, "size=", 5) == 0)
			found = p + 5;
		p += part + 1;
	}
	return found;
}

/* As shmem_parse_one() in the kernel's mm/shmem.c reads it. */
static uint64_t
parse_size(const char *text, uint64_t left)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);
	unsigned shift = 0;

	if (*end == '%')
		return value >= 100 ? left : left / 100 * value;
	if (*end == 'k' || *end == 'K')
		shift = 10;
	else if (*end == 'm' || *end == 'M')
		shift = 20;
	else if (*end == 'g' || *end == 'G')
		shift = 30;
	if (value == 0 || value > UINT64_MAX >> shift)
		return UINT64_MAX; /* 0: no limit */
	return value << shift;
}

uint64_t
ram_tmpfs_limit(const char *cmdline, uint64_t left)
{
	static const char name[] = "initramfs_options=";
	uint64_t limit = left / 2;

	for (const char *p = cmdline; *p;) {
		size_t length = strcspn(p, " ");

		if (strncmp(p, name, strlen(name)) == 0) {
			const char *options = p + strlen(name);
			const char *size = find_size(options, length - strlen(name));

			limit = size ? parse_size(size, left) : left / 2;
		}
		p += length + (p[length] != '\0');
	}
	return limit;
}

static int
refuse(const struct ram_need *need, uint64_t wanted, const char *what, struct error *e)
{
	char kernel[SIZE_TEXT], image[SIZE_TEXT], files[SIZE_TEXT], floor[SIZE_TEXT];

	return error_set(e, ENOSPC,
		"%s: [image] ram: %s needs %" PRIu64
		" MiB, the floor is %s (kernel %s, image %s, files %s): raise ram or drop files; the largest: %.400s",
		need->file, what, wanted / MIB + (wanted % MIB != 0),
		size_text(need->ram, floor), size_text(need->init_size, kernel),
		size_text(need->image, image), size_text(need->files, files),
		need->largest);
}

/* The least memory whose root tmpfs holds the files; found by halving, as the limit only
 * grows. */
static uint64_t
tmpfs_floor(const struct ram_need *need)
{
	uint64_t low = need->ram, high = UINT64_MAX / 2;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		uint64_t taken = plus(need->init_size, middle / 64);
		uint64_t left = middle > taken ? middle - taken : 0;

		if (left >= need->files &&
			ram_tmpfs_limit(need->cmdline, left) >= need->files)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int
ram_check(const struct ram_need *need, struct error *e)
{
	uint64_t boot = plus(plus(need->init_size, need->image), need->files);
	uint64_t jump = plus(plus(boot, need->init_size), need->image);
	uint64_t taken = plus(need->init_size, need->ram / 64);
	uint64_t left = need->ram > taken ? need->ram - taken : 0;
	uint64_t limit = ram_tmpfs_limit(need->cmdline, left);
	char text[SIZE_TEXT];

	if (boot > need->ram)
		return refuse(need, boot, "booting", e);
	if (limit < need->files &&
		ram_tmpfs_limit(need->cmdline, UINT64_MAX / 2) < need->files)
		return error_set(e, ENOSPC,
			"%s: [kernel] cmdline: initramfs_options= leaves the root %s, its files take %s: raise size= or drop files; the largest: %.400s",
			need->file, size_text(limit, text),
			size_text(need->files, (char[SIZE_TEXT]){0}), need->largest);
	if (limit < need->files || left < need->files)
		return refuse(need, tmpfs_floor(need),
			"the root file system (a tmpfs, half of memory unless initramfs_options=size= says otherwise)",
			e);
	if (need->kexec && jump > need->ram)
		return refuse(need, jump, "starting the next image by kexec", e);
	return 0;
}
