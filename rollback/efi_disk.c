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
#include "lib/gpt.h"
#include "lib/io.h"

#define SECTOR 512 /* the kernel's unit, whatever the disk's is */
#define PATH   256

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

struct disk {
	struct gpt_disk disk; /* the first member */
	int fd;
	struct gpt_partition *partition;
	bool found;
};

static int
disk_read(struct gpt_disk *disk, uint64_t at, void *data, size_t size)
{
	ssize_t n;

	do
		n = pread(((struct disk *)disk)->fd, data, size, (off_t)at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

static bool
take(void *context, const struct gpt_partition *partition)
{
	struct disk *disk = context;

	if (partition->number != disk->partition->number)
		return true;
	*disk->partition = *partition;
	disk->found = true;
	return false;
}

/* The disk's own size in 512 bytes, since fstat(2) of a node does not have it. */
static int
read_partition(
	int fd, uint64_t sectors, uint32_t block_size, struct gpt_partition *partition)
{
	struct disk disk = {
		.disk = {disk_read, sectors / (block_size / SECTOR), block_size},
		.fd = fd,
		.partition = partition};
	int r = gpt_read(&disk.disk, take, &disk);

	return r < 0 || disk.found ? r : -EBADMSG;
}

int
efi_disk_partition(const char *device, struct gpt_partition *partition, struct error *e)
{
	char folder[PATH], disk[PATH];
	uint64_t number = 0, start = 0, size = 0, block_size = 0;
	int fd, r = find_disk(device, folder, disk, e);

	if (r == 0)
		r = read_number(folder, "partition", &number, e);
	if (r == 0)
		r = read_number(folder, "start", &start, e);
	if (r == 0)
		r = read_number(disk, "queue/logical_block_size", &block_size, e);
	if (r == 0)
		r = read_number(disk, "size", &size, e);
	if (r < 0)
		return r;
	if (number == 0 || number > GPT_ENTRIES || block_size < SECTOR ||
		block_size > GPT_BLOCK_MOST)
		return error_set(e, EINVAL, "%s: is no partition of a GPT", device);
	fd = open_disk(device, disk, e);
	if (fd < 0)
		return fd;
	partition->number = (uint32_t)number;
	r = read_partition(fd, size, (uint32_t)block_size, partition);
	close(fd);
	/* What the kernel goes by may be older. */
	if (r == 0 && partition->first * (block_size / SECTOR) != start)
		r = -EBADMSG;
	if (r == -EBADMSG)
		return error_set(e, EBADMSG,
			"%s: the disk's GPT does not have it: mend that first", device);
	return r < 0 ? error_set(e, -r, "%s: cannot read the disk's GPT: %s", device,
			       strerror(-r))
		     : 0;
}
