/* SPDX-License-Identifier: ISC */
#include "efi_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/io.h"
#include "lib/wire.h"

#define MAGIC	     "EFI PART"
#define SECTOR	     512 /* the kernel's unit, whatever the disk's is */
#define BLOCK_MOST   4096 /* bytes of a logical block */
#define ENTRIES_MOST 1024
#define PATH	     256

bool
efi_gpt_find(const uint8_t *head, size_t size, uint32_t partition, uint64_t *block,
	uint32_t *skip, uint32_t block_size)
{
	struct wire_reader r;
	uint32_t entries, entry_size;
	uint64_t first, at;

	if (size < 92 || memcmp(head, MAGIC, 8) != 0)
		return false;
	wire_read_init(&r, head + 72, size - 72);
	first = wire_get_u64(&r);
	entries = wire_get_u32(&r);
	entry_size = wire_get_u32(&r);
	/* 128 times a power of two; the blocks are larger, so that none is in two. */
	if (entries > ENTRIES_MOST || partition == 0 || partition > entries ||
		entry_size < EFI_GPT_ENTRY || (entry_size & (entry_size - 1)) != 0 ||
		entry_size > block_size || first < 2 || first > UINT32_MAX)
		return false;
	at = (uint64_t)(partition - 1) * entry_size;
	*block = first + at / block_size;
	*skip = (uint32_t)(at % block_size);
	return true;
}

bool
efi_gpt_partition(const uint8_t entry[EFI_GPT_ENTRY], struct efi_partition *partition)
{
	static const uint8_t none[EFI_GUID];
	struct wire_reader r;
	uint64_t last;

	/* The type of an entry that is not used is zero. */
	if (memcmp(entry, none, EFI_GUID) == 0)
		return false;
	memcpy(partition->guid, entry + EFI_GUID, EFI_GUID);
	wire_read_init(&r, entry + 2 * EFI_GUID, 16);
	partition->first = wire_get_u64(&r);
	last = wire_get_u64(&r);
	if (last < partition->first || last - partition->first == UINT64_MAX)
		return false;
	partition->blocks = last - partition->first + 1;
	return true;
}

/* A number in a file of sysfs. */
static int
read_number(const char *folder, const char *name, uint64_t *number, struct error *e)
{
	char path[PATH + 64], *text, *end;
	size_t size;
	int r;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	r = io_read_file(AT_FDCWD, path, 4096, &text, &size, e);
	if (r < 0)
		return r;
	errno = 0;
	*number = strtoull(text, &end, 10);
	if (errno != 0 || end == text || (*end != '\n' && *end != '\0'))
		r = error_set(e, EINVAL, "%s: want a number", path);
	free(text);
	return r;
}

/* The disk's folder of sysfs, and its device number, from the partition's. */
static int
find_disk(const char *device, char folder[PATH], char disk[PATH], struct error *e)
{
	char link[64], *real;
	struct stat st;

	if (stat(device, &st) < 0)
		return error_set(e, errno, "%s: %s", device, strerror(errno));
	if (!S_ISBLK(st.st_mode))
		return error_set(e, ENOTBLK, "%s: is no block device", device);
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st.st_rdev),
		minor(st.st_rdev));
	real = realpath(link, NULL);
	if (!real || strlen(real) >= PATH || !strrchr(real, '/')) {
		free(real);
		return error_set(e, ENODEV, "%s: cannot be found in /sys", device);
	}
	memcpy(folder, real, strlen(real) + 1);
	memcpy(disk, real, strlen(real) + 1);
	*strrchr(disk, '/') = '\0';
	free(real);
	return 0;
}

/* The disk's node stands beside the partition's, under the kernel's name. */
static int
open_disk(const char *device, const char *disk, struct error *e)
{
	char path[2 * PATH];
	const char *name = strrchr(disk, '/');
	int fd;

	snprintf(path, sizeof(path), "/dev%s", name ? name : "/");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(e, errno, "%s: the disk of %s: %s", path, device,
			strerror(errno));
	return fd;
}

static int
read_block(int fd, uint64_t number, uint32_t size, uint8_t *block)
{
	ssize_t n;

	do
		n = pread(fd, block, size, (off_t)(number * size));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

static int
read_entry(int fd, uint32_t block_size, uint32_t number, struct efi_partition *partition)
{
	static uint8_t block[BLOCK_MOST];
	uint64_t at;
	uint32_t skip;
	int r = read_block(fd, EFI_GPT_HEAD, block_size, block);

	if (r < 0)
		return r;
	if (!efi_gpt_find(block, block_size, number, &at, &skip, block_size))
		return -EBADMSG;
	r = read_block(fd, at, block_size, block);
	if (r < 0)
		return r;
	return efi_gpt_partition(block + skip, partition) ? 0 : -EBADMSG;
}

int
efi_disk_partition(const char *device, struct efi_partition *partition, struct error *e)
{
	char folder[PATH], disk[PATH];
	uint64_t number = 0, start = 0, block_size = 0;
	int fd, r = find_disk(device, folder, disk, e);

	if (r == 0)
		r = read_number(folder, "partition", &number, e);
	if (r == 0)
		r = read_number(folder, "start", &start, e);
	if (r == 0)
		r = read_number(disk, "queue/logical_block_size", &block_size, e);
	if (r < 0)
		return r;
	if (number == 0 || number > ENTRIES_MOST || block_size < SECTOR ||
		block_size > BLOCK_MOST)
		return error_set(e, EINVAL, "%s: is no partition of a GPT", device);
	fd = open_disk(device, disk, e);
	if (fd < 0)
		return fd;
	partition->number = (uint32_t)number;
	r = read_entry(fd, (uint32_t)block_size, partition->number, partition);
	close(fd);
	/* What the kernel goes by may be the copy at the disk's end. */
	if (r == 0 && partition->first * (block_size / SECTOR) != start)
		r = -EBADMSG;
	if (r == -EBADMSG)
		return error_set(e, EBADMSG,
			"%s: the disk's GPT does not have it: mend that first", device);
	return r < 0 ? error_set(e, -r, "%s: cannot read the disk's GPT: %s", device,
			       strerror(-r))
		     : 0;
}
