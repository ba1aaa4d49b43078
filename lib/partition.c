/* SPDX-License-Identifier: ISC */
#include "partition.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECTOR 512 /* sysfs's unit, whatever the disk's is */

/* A number in a file of sysfs. */
static bool
read_number(int folder, const char *name, const char *file, uint64_t *number)
{
	char path[PARTITION_NAME + 64], text[24], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", name, file);
	fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0 || text[0] < '0' || text[0] > '9')
		return false;
	text[n] = '\0';
	*number = strtoull(text, &end, 10);
	return *end == '\n' || *end == '\0';
}

/* "../../devices/pci0000:00/.../block/sda/sda1": the disk's name stands before its own. */
static bool
read_link(int folder, struct partition *p)
{
	ssize_t n = readlinkat(folder, p->name, p->link, sizeof(p->link) - 1);
	char *own, *disk;

	if (n <= 0 || n == (ssize_t)sizeof(p->link) - 1)
		return false;
	p->link[n] = '\0';
	own = strrchr(p->link, '/');
	if (!own)
		return false;
	*own = '\0';
	disk = strrchr(p->link, '/');
	if (!disk || strlen(disk + 1) >= sizeof(p->disk))
		return false;
	memcpy(p->disk, disk + 1, strlen(disk + 1) + 1);
	*own = '/';
	return true;
}

bool
partition_read(struct partition *p, int folder, const char *name)
{
	uint64_t removable = 0, block_size = 0;

	*p = (struct partition){.rank = PARTITION_FIXED};
	if (strlen(name) >= sizeof(p->name))
		return false;
	memcpy(p->name, name, strlen(name) + 1);
	if (!read_number(folder, name, "partition", &p->number) ||
		!read_number(folder, name, "start", &p->start) ||
		!read_number(folder, name, "size", &p->sectors) ||
		!read_link(folder, p) ||
		!read_number(folder, p->disk, "size", &p->disk_sectors) ||
		!read_number(folder, p->disk, "queue/logical_block_size", &block_size) ||
		block_size < SECTOR || block_size > GPT_BLOCK_MOST)
		return false;
	p->block_size = (uint32_t)block_size;
	if (strstr(p->link, "/virtual/block/"))
		p->rank = PARTITION_VIRTUAL;
	else if ((read_number(folder, p->disk, "removable", &removable) && removable) ||
		 strstr(p->link, "/usb"))
		p->rank = PARTITION_REMOVABLE;
	return true;
}

/* A node's path: what is a slash there is an exclamation mark in sysfs. */
void
partition_path(const char *nodes, const char *name, char path[PARTITION_PATH])
{
	size_t start = strlen(nodes) + 1;

	snprintf(path, PARTITION_PATH, "%s/%s", nodes, name);
	for (size_t i = start; i < PARTITION_PATH && path[i]; i++)
		if (path[i] == '!')
			path[i] = '/';
}

struct disk {
	struct gpt_disk disk; /* the first member */
	int fd;
	const struct partition *of;
	const uint8_t *guid;
	bool found;
};

static int
disk_read(struct gpt_disk *gpt, uint64_t at, void *data, size_t size)
{
	struct disk *disk = (struct disk *)gpt;
	ssize_t n;

	do
		n = pread(disk->fd, data, size, (off_t)at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

static bool
compare(void *context, const struct gpt_partition *partition)
{
	struct disk *disk = context;
	const struct partition *p = disk->of;
	uint64_t sectors = p->block_size / SECTOR;

	if (partition->number != p->number)
		return true;
	disk->found = memcmp(partition->guid, disk->guid, GPT_GUID) == 0 &&
		      partition->first == p->start / sectors &&
		      partition->blocks == p->sectors / sectors;
	return false;
}

/* In the child: true if the disk's table says so. */
static bool
is_it(const struct partition *p, const char *nodes, const uint8_t guid[GPT_GUID])
{
	struct disk disk = {
		.disk = {disk_read, p->disk_sectors / (p->block_size / SECTOR),
			p->block_size},
		.of = p,
		.guid = guid};
	char path[PARTITION_PATH];

	partition_path(nodes, p->disk, path);
	disk.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return disk.fd >= 0 && gpt_read(&disk.disk, compare, &disk) == 0 && disk.found;
}

static uint64_t
now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What the child found: 1 or 0, also if it came to a bad end, or -ETIMEDOUT. */
static int
await(int fd, unsigned ms)
{
	const uint64_t end = now_ms() + ms;
	char answer = 0;

	for (;;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		uint64_t now = now_ms();
		int n = poll(&wait, 1, now < end ? (int)(end - now) : 0);

		if (n > 0)
			return read(fd, &answer, 1) == 1 && answer == 1;
		if (n == 0 || errno != EINTR)
			return -ETIMEDOUT;
	}
}

int
partition_has_guid(const struct partition *p, const char *nodes,
	const uint8_t guid[GPT_GUID], unsigned ms)
{
	int fds[2], r;
	long pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		char answer = is_it(p, nodes, guid) ? 1 : 0;

		_exit(write(fds[1], &answer, 1) == 1 ? 0 : 1);
	}
	r = pid < 0 ? -errno : 0;
	close(fds[1]);
	if (r == 0)
		r = await(fds[0], ms);
	close(fds[0]);
	if (r == -ETIMEDOUT)
		kill((pid_t)pid, SIGKILL);
	/* One beyond killing is left to whoever reaps what has lost its parent. */
	if (pid > 0)
		while (waitpid((pid_t)pid, NULL, r == -ETIMEDOUT ? WNOHANG : 0) < 0 &&
			errno == EINTR)
			;
	return r;
}
