/* SPDX-License-Identifier: ISC */
#include "privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/config_service.h"
#include "isolate.h"

#define CAPS 64 /* bits there are; a kernel has fewer */

/*
 * The ids are set by system calls, since the child is a copy of pid1 by a raw clone3 and
 * libc's functions look at its cached thread; in the forms with 32 bits where an
 * architecture has two.
 */
#ifdef SYS_setgroups32
#define SET_GROUPS SYS_setgroups32
#define SET_GID	   SYS_setresgid32
#define SET_UID	   SYS_setresuid32
#else
#define SET_GROUPS SYS_setgroups
#define SET_GID	   SYS_setresgid
#define SET_UID	   SYS_setresuid
#endif

uint64_t
privilege_dropped(const struct config_isolation *isolation)
{
	if (isolation->flags & ISOLATE_SYSTEM)
		return isolation->dropped;
	return isolation->dropped | ISOLATE_NEVER;
}

static int
drop_bounding(const struct config_isolation *isolation)
{
	const uint64_t dropped = privilege_dropped(isolation);

	for (unsigned long cap = 0; cap < CAPS; cap++) {
		if (!(dropped >> cap & 1))
			continue;
		/* EINVAL: the kernel has no such capability, nor any after it. */
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : -errno;
	}
	return 0;
}

static int
take_ids(const struct config_isolation *isolation)
{
	if (syscall(SET_GROUPS, isolation->group_count, isolation->groups) < 0)
		return -errno;
	if (syscall(SET_GID, isolation->gid, isolation->gid, isolation->gid) < 0)
		return -errno;
	if (syscall(SET_UID, isolation->uid, isolation->uid, isolation->uid) < 0)
		return -errno;
	return 0;
}

static int
write_proc(int proc_fd, const char *file, const char *text)
{
	int fd = openat(proc_fd, file, O_WRONLY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	close(fd);
	return r;
}

/*
 * A user namespace in which nobody but the service exists. It is entered as the service's
 * own user, so that the kernel accepts a map of that one id from itself, and after all
 * other namespaces were made, so that it has no rights over them.
 */
static int
enter_users(const struct config_isolation *isolation, int proc_fd)
{
	char map[48];
	int r;

	/* The files in /proc of a process that has changed its user are root's. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return -errno;
	if (syscall(SYS_unshare, CLONE_NEWUSER) < 0)
		return -errno;
	snprintf(map, sizeof(map), "%u %u 1\n", isolation->uid, isolation->uid);
	r = write_proc(proc_fd, "uid_map", map);
	if (r == 0)
		r = write_proc(proc_fd, "setgroups", "deny");
	snprintf(map, sizeof(map), "%u %u 1\n", isolation->gid, isolation->gid);
	if (r == 0)
		r = write_proc(proc_fd, "gid_map", map);
	/* In there nobody makes another one. */
	if (r == 0)
		r = write_proc(proc_fd, "../sys/user/max_user_namespaces", "0");
	/* It starts with every capability in there; capabilities(7). */
	return r == 0 ? drop_bounding(isolation) : r;
}

/* What it may hold as root is its bounding set, otherwise what it was given. */
static int
set_capabilities(const struct config_isolation *isolation)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct now[2], data[2];
	const uint64_t dropped = privilege_dropped(isolation);

	if (syscall(SYS_capget, &head, now) < 0)
		return -errno;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t keep = (uint32_t)(isolation->ambient >> (32 * i));

		if (isolation->uid == 0)
			keep |= (uint32_t)(~dropped >> (32 * i));
		data[i].permitted = data[i].effective = keep & now[i].permitted;
		data[i].inheritable =
			(uint32_t)(isolation->ambient >> (32 * i)) & data[i].permitted;
	}
	if (syscall(SYS_capset, &head, data) < 0)
		return -errno;
	for (unsigned long cap = 0; cap < CAPS; cap++)
		if (isolation->ambient >> cap & 1 &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -errno;
	return 0;
}

int
privilege_drop(const struct config_isolation *isolation, unsigned lacks, int proc_fd)
{
	int r = drop_bounding(isolation);

	/* Until set_capabilities() has them sorted out. */
	if (r == 0 && isolation->ambient && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return -errno;
	if (r == 0)
		r = take_ids(isolation);
	if (r == 0 && isolation->flags & ISOLATE_USERS && !(lacks & LACK_USERS))
		r = enter_users(isolation, proc_fd);
	if (r == 0)
		r = set_capabilities(isolation);
	if (r == 0 && isolation->flags & ISOLATE_PRIVILEGES &&
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return r;
}

int
privilege_filter(const struct config_isolation *isolation)
{
	const struct sock_fprog program = {
		.len = (unsigned short)(isolation->filter_size /
					sizeof(struct sock_filter)),
		/* The kernel copies it from wherever it lies. */
		.filter = (struct sock_filter *)(uintptr_t)isolation->filter,
	};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}
