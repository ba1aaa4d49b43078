/* SPDX-License-Identifier: ISC */
#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pid1/log/log.h"

/* Where the root is bound for a moment; any folder of every image will do. */
#define REROOT "/run"

void
mount_reroot(void)
{
	/* chroot(2) moves our root to the new top mount; chdir first, as its man page
	 * warns. */
	if (mount("/", REROOT, NULL, MS_BIND, NULL) < 0 || chdir(REROOT) < 0 ||
		mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
		chdir("/") < 0)
		log_say("/: cannot re-root: %s", strerror(errno));
}

static int
mount_one(const char *type, const char *path, unsigned long flags, const char *options)
{
	if (mount(type, path, type, flags, options) == 0 || errno == EBUSY)
		return 0; /* EBUSY: CONFIG_DEVTMPFS_MOUNT and the like were first */
	log_say("%s: cannot mount %s: %s", path, type, strerror(errno));
	return -errno;
}

void
mount_system(void)
{
	const unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV;

	mount_one("devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC, "mode=0755");
	log_open();
	mount_one("proc", "/proc", flags, NULL);
	mount_one("sysfs", "/sys", flags, NULL);
	/* Only where the kernel has pseudo-terminals. */
	if (mkdir("/dev/pts", 0755) == 0 &&
		mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
			"mode=0620,ptmxmode=0666") < 0)
		rmdir("/dev/pts");
	mount_one("cgroup2", "/sys/fs/cgroup", flags, "nsdelegate");
}

/* A tmpfs of at most so many bytes. Files without content count, too: an inode costs about
 * as much of the kernel's memory as it is charged with here. */
static void
mount_tmpfs(const char *path, unsigned mode, uint64_t size)
{
	char options[96];

	if (size == 0)
		size = 16 << 20; /* size=0 would mean no limit */
	snprintf(options, sizeof(options), "mode=%04o,size=%llu,nr_inodes=%llu", mode,
		(unsigned long long)size, (unsigned long long)(size / 1024 + 1));
	mount_one("tmpfs", path, MS_NOSUID | MS_NODEV, options);
}

void
mount_scratch(uint64_t run_size, uint64_t tmp_size)
{
	mount_tmpfs("/run", 0755, run_size);
	mount_tmpfs("/tmp", 01777, tmp_size);
}

void
mount_read_only(void)
{
	const unsigned long flags = MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV;

	/* The mount, and then the file system itself: another bind of it must not be
	 * writable. */
	if (mount(NULL, "/", NULL, flags | MS_BIND, NULL) < 0)
		log_say("/: cannot make the mount read-only: %s", strerror(errno));
	if (mount(NULL, "/", NULL, flags, NULL) < 0)
		log_say("/: cannot make the file system read-only: %s", strerror(errno));
}

bool
mount_is_read_only(const char *path)
{
	static char table[8192];
	size_t size = 0, length = strlen(path);
	bool found = false;
	int fd = open("/proc/self/mounts", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && size < sizeof(table) - 1) {
		ssize_t n = read(fd, table + size, sizeof(table) - 1 - size);

		if (n <= 0)
			break;
		size += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	table[size] = '\0';
	/* DEVICE PATH TYPE OPTIONS; the last one at the path is the one that is seen. */
	for (const char *line = table; *line; line += strcspn(line, "\n")) {
		const char *at;

		line += *line == '\n';
		at = line + strcspn(line, " \n");
		if (*at != ' ' || strncmp(at + 1, path, length) != 0 ||
			at[1 + length] != ' ')
			continue;
		at += 1 + length + 1;
		at += strcspn(at, " \n");
		found = strncmp(at, " ro", 3) == 0 && (at[3] == ',' || at[3] == ' ');
	}
	return found;
}

/* Octal escapes of proc_pid_mounts(5): "\040" is a blank. In place. */
static void
unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] &&
			text[3]) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* True for what we mounted and the end of the machine still needs. */
static bool
is_ours(const char *path)
{
	static const char *const ours[] = {
		"/", "/proc", "/sys", "/dev", "/dev/pts", "/sys/fs/cgroup"};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(path, ours[i]) == 0)
			return true;
	return false;
}

void
mount_release(void)
{
	static char table[65536];
	size_t size = 0;
	int fd = open("/proc/self/mounts", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && size < sizeof(table) - 1) {
		ssize_t n = read(fd, table + size, sizeof(table) - 1 - size);

		if (n <= 0)
			break;
		size += (size_t)n;
	}
	/* From the last line up: what was mounted last goes first. */
	while (size > 0) {
		char *line, *path, *end;

		while (size > 0 && table[size - 1] == '\n')
			table[--size] = '\0';
		line = memrchr(table, '\n', size);
		line = line ? line + 1 : table;
		size = (size_t)(line - table);
		path = strchr(line, ' ');
		end = path ? strchr(path + 1, ' ') : NULL;
		if (!end)
			continue;
		*end = '\0';
		unescape(++path);
		if (is_ours(path) || umount2(path, UMOUNT_NOFOLLOW) == 0)
			continue;
		if (mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
			log_say("%s: cannot unmount: %s", path, strerror(errno));
	}
}
