/* SPDX-License-Identifier: ISC */
#include "volume.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/config.h"
#include "pid1/isolate/cgroup.h"

#define HEAD 4096 /* bytes: the places of all common file systems' marks but a few */
/* Documentation/filesystems/ext4/super.rst: the superblock, and s_magic in it. */
#define EXT4_MAGIC_AT (1024 + 0x38)

static bool
is_blank(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != bytes[0])
			return false;
	return bytes[0] == 0 || bytes[0] == 0xff;
}

int
volume_probe(const struct config_mount *mount)
{
	uint8_t head[HEAD];
	int read_only = 0;
	ssize_t n;
	int fd = open(mount->device, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	if (ioctl(fd, BLKROGET, &read_only) < 0)
		return errno;
	if (read_only && !(mount->flags & MOUNT_READ_ONLY))
		return VOLUME_LOCKED;
	n = pread(fd, head, sizeof(head), 0);
	if (n < 0)
		return errno;
	if (n < (ssize_t)sizeof(head))
		return ENOSPC;
	if (strcmp(mount->type, "ext4") != 0)
		return 0;
	if (head[EXT4_MAGIC_AT] == 0x53 && head[EXT4_MAGIC_AT + 1] == 0xef)
		return 0;
	return is_blank(head, sizeof(head)) ? VOLUME_BLANK : VOLUME_OTHER;
}

void
volume_check(
	const struct config_mount *mount, const char *name, struct config_service *check)
{
	*check = (struct config_service){
		.name = name,
		.description = "Checks a file system",
		.arguments = {VOLUME_FSCK, "-p", mount->device},
		.type = SERVICE_ONESHOT,
		.restart = RESTART_NO,
		.life = {.start_ms = mount->check_ms,
			.stop_ms = 1000,
			.timer_boot_ms = CONFIG_NEVER},
		.limits = {.memory_max = UINT64_MAX, .tasks_max = UINT64_MAX},
		.isolation = {.flags = ISOLATE_SYSTEM},
		.tty = "",
	};
}

#define NUMBER 24 /* bytes of "MAJOR:MINOR" */

/* The number of the whole disk that a device is, or is a partition of; false: sysfs has none. */
static bool
whole_disk(const char *device, char number[NUMBER])
{
	char path[80];
	struct stat st;
	ssize_t n;
	int fd;

	if (stat(device, &st) < 0 || !S_ISBLK(st.st_mode))
		return false;
	snprintf(number, NUMBER, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	snprintf(path, sizeof(path), "/sys/dev/block/%s/partition", number);
	if (access(path, F_OK) < 0)
		return true;
	snprintf(path, sizeof(path), "/sys/dev/block/%s/../dev", number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, number, NUMBER - 1);
	close(fd);
	number[n < 0 ? 0 : n] = '\0';
	number[strcspn(number, "\n")] = '\0';
	return n > 0;
}

void
volume_weigh(const char *device)
{
	char number[NUMBER], text[NUMBER + 16];
	int fd = open(CGROUP_ROOT "/io.cost.qos", O_WRONLY | O_CLOEXEC);
	int n;

	if (fd < 0)
		return;
	if (whole_disk(device, number)) {
		n = snprintf(text, sizeof(text), "%s enable=1", number);
		/* One that the kernel refuses is shared as it was: without weights. */
		(void)!write(fd, text, (size_t)n);
	}
	close(fd);
}

int
volume_mount(const struct config_mount *volume)
{
	static const struct {
		uint8_t flag;
		unsigned long bit;
	} bits[] = {{MOUNT_READ_ONLY, MS_RDONLY}, {MOUNT_NOATIME, MS_NOATIME},
		{MOUNT_SYNC, MS_SYNCHRONOUS}};
	unsigned long flags = MS_NOSUID | MS_NODEV;
	/* What ext4 finds broken while it runs is not to be broken further. */
	bool own =
		strcmp(volume->type, "ext4") == 0 && !strstr(volume->options, "errors=");
	char options[512];
	int n;

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (volume->flags & bits[i].flag)
			flags |= bits[i].bit;
	if (!(volume->flags & MOUNT_EXEC))
		flags |= MS_NOEXEC;
	n = snprintf(options, sizeof(options), "%s%s%s", own ? "errors=remount-ro" : "",
		own && volume->options[0] ? "," : "", volume->options);
	if (n < 0 || (size_t)n >= sizeof(options))
		return E2BIG;
	return mount(volume->device, volume->path, volume->type, flags, options) < 0
		       ? errno
		       : 0;
}

static bool
is_taken(char names[][VOLUME_NAME], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

void
volume_check_name(char names[][VOLUME_NAME], size_t index, const char *path)
{
	char *name = names[index];
	size_t length;

	/* Room for "-" and a number. */
	snprintf(name, VOLUME_NAME, "fsck%.*s", VOLUME_NAME - 10, path);
	for (char *p = name; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= '0' && *p <= '9'))
			*p = '-';
	length = strlen(name);
	for (unsigned n = 2; is_taken(names, index, name); n++)
		snprintf(name + length, VOLUME_NAME - length, "-%u", n);
}

const char *
volume_reason(int status)
{
	switch (status) {
	case VOLUME_OTHER:
		return "holds no ext4 file system";
	case VOLUME_BLANK:
		return "is blank: it holds no ext4 file system";
	case VOLUME_LOCKED:
		return "is read-only, and the board does not say ro";
	default:
		return strerror(status);
	}
}
