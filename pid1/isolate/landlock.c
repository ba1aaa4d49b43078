/* SPDX-License-Identifier: ISC */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/config_service.h"

/*
 * By ABI as Documentation/userspace-api/landlock.rst lists them; the headers of a host
 * may be older than the kernel of a board.
 */
#define FS_ABI_1     ((uint64_t)(1 << 13) - 1)
#define FS_REFER     ((uint64_t)1 << 13) /* 2 */
#define FS_TRUNCATE  ((uint64_t)1 << 14) /* 3 */
#define FS_IOCTL_DEV ((uint64_t)1 << 15) /* 5 */
#define SCOPE_SOCKET ((uint64_t)1 << 0) /* 6: abstract Unix sockets */
#define SCOPE_SIGNAL ((uint64_t)1 << 1) /* 6 */
#define FS_READ                                                                          \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |                     \
		LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_OF_A_FILE                                                                     \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |                     \
		LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

/* struct landlock_ruleset_attr of ABI 6; an older kernel is given its first part. */
struct ruleset {
	uint64_t fs, net, scoped;
};

int
landlock_abi(void)
{
	long abi = syscall(
		SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

uint64_t
landlock_handled(int abi)
{
	uint64_t access = FS_ABI_1;

	if (abi >= 2)
		access |= FS_REFER;
	if (abi >= 3)
		access |= FS_TRUNCATE;
	if (abi >= 5)
		access |= FS_IOCTL_DEV;
	return access;
}

uint64_t
landlock_allowed(int abi, bool writable, bool folder)
{
	uint64_t access = writable ? landlock_handled(abi)
				   : (FS_READ | FS_IOCTL_DEV) & landlock_handled(abi);

	return folder ? access : access & FS_OF_A_FILE;
}

/* Adds a path with what lies below it; one that is not there has no rule. */
static int
allow(int ruleset_fd, int abi, const char *path, bool writable)
{
	struct landlock_path_beneath_attr rule = {0};
	struct stat st;
	int r = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(rule.parent_fd, &st) < 0)
		r = -errno;
	rule.allowed_access = landlock_allowed(abi, writable, S_ISDIR(st.st_mode));
	if (r == 0 && syscall(SYS_landlock_add_rule, ruleset_fd,
			      LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		r = -errno;
	close(rule.parent_fd);
	return r;
}

static int
allow_all(int ruleset_fd, int abi, const struct config_isolation *isolation,
	int32_t *failed)
{
	int r = allow(ruleset_fd, abi, "/dev", true);

	if (r == 0 && isolation->flags & ISOLATE_TMP)
		r = allow(ruleset_fd, abi, "/tmp", true);
	for (uint16_t i = 0; i < isolation->bind_count && r == 0; i++) {
		*failed = i;
		r = allow(ruleset_fd, abi, isolation->binds[i].to,
			isolation->binds[i].flags & BIND_WRITABLE);
	}
	return r;
}

int
landlock_prepare(const struct config_isolation *isolation, int32_t *failed)
{
	int abi = landlock_abi(), fd, r;
	struct ruleset rules = {.fs = landlock_handled(abi)};
	size_t size = sizeof(rules.fs);

	if (abi >= 4)
		size = offsetof(struct ruleset, scoped);
	if (abi >= 6) {
		rules.scoped = SCOPE_SOCKET | SCOPE_SIGNAL;
		size = sizeof(rules);
	}
	*failed = -1;
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	if (fd < 0)
		return -errno;
	r = allow_all(fd, abi, isolation, failed);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

int
landlock_enter(int ruleset_fd)
{
	if (syscall(SYS_landlock_restrict_self, ruleset_fd, 0) < 0)
		return -errno;
	close(ruleset_fd);
	return 0;
}
