/* SPDX-License-Identifier: ISC */
/*
 * first INIT [ARGUMENT ...]: the kernel starts it with the parameter retain_initrd. It
 * unpacks the boot loader's initrd, which the kernel refuses, over the root, and becomes
 * INIT; when it began and when INIT does is said.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "say.h"

/* Documentation/driver-api/early-userspace/buffer-format.rst: 6 bytes of magic, then 13
 * numbers of 8 hex digits. */
#define HEADER 110
enum {
	FIELD_MODE = 1,
	FIELD_LINKS = 4,
	FIELD_SIZE = 6,
	FIELD_MAJOR = 9,
	FIELD_MINOR = 10,
	FIELD_NAME = 11
};

static char archive[8 << 20];

static _Noreturn void
fail(const char *what)
{
	say("failed", what, 0);
	for (;;)
		pause();
}

static size_t
read_archive(void)
{
	size_t size = 0;
	ssize_t n;
	int fd;

	if (mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
		fail("sysfs");
	fd = open("/sys/firmware/initrd", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (n = read(fd, archive + size, sizeof archive - size)) > 0)
		size += (size_t)n;
	if (size == 0 || size == sizeof archive)
		fail("initrd");
	close(fd);
	if (umount("/sys") < 0)
		fail("umount");
	return size;
}

static size_t
field(const char *header, int index)
{
	char digits[9] = {0};

	memcpy(digits, header + 6 + 8 * index, 8);
	return strtoul(digits, NULL, 16);
}

static void
make_file(const char *name, mode_t mode, const char *data, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || fchmod(fd, mode) < 0)
		fail(name);
	close(fd);
}

static void
make(const char *header, const char *name, const char *data)
{
	mode_t mode = (mode_t)field(header, FIELD_MODE);
	size_t size = field(header, FIELD_SIZE);
	char target[256] = {0};

	if (S_ISDIR(mode)) {
		mkdir(name, 0755);
		chmod(name, mode & 07777);
		return;
	}
	unlink(name);
	if (S_ISREG(mode) && field(header, FIELD_LINKS) == 1) {
		make_file(name, mode & 07777, data, size);
	} else if (S_ISLNK(mode) && size < sizeof target) {
		memcpy(target, data, size);
		if (symlink(target, name) < 0)
			fail(name);
	} else if (S_ISCHR(mode)) {
		if (mknod(name, mode,
			    makedev(field(header, FIELD_MAJOR),
				    field(header, FIELD_MINOR))) < 0)
			fail(name);
	} else {
		fail(name);
	}
}

static void
unpack(size_t left)
{
	const char *at = archive;

	while (left > HEADER) {
		const char *name = at + HEADER;
		size_t before = (HEADER + field(at, FIELD_NAME) + 3) / 4 * 4;
		size_t after = (field(at, FIELD_SIZE) + 3) / 4 * 4;

		if (strcmp(name, "TRAILER!!!") == 0)
			return;
		if (before > left || after > left - before)
			break;
		make(at, name, at + before);
		at += before + after;
		left -= before + after;
	}
	fail("archive");
}

int
main(int argc, char **argv)
{
	long long begun = say_now();

	if (argc < 2)
		return 111;
	if (chdir("/") < 0)
		fail("/");
	unpack(read_archive());
	say("begin", "init", begun);
	say("exec", "init", say_now());
	execv(argv[1], argv + 1);
	fail(argv[1]);
}
