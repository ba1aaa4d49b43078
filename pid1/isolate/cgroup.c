/* SPDX-License-Identifier: ISC */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/config.h"
#include "limit.h"
#include "pid1/log/log.h"

#define PATH_SIZE (CGROUP_NAME + 32) /* "SLICE/NAME/FILE" */
/* Of groups that a service has made in its own: what is over that waits for its next start. */
#define BELOW_MOST  256
#define BELOW_DEPTH 8
#define WORDS	    64 /* bytes of "+memory +pids +cpu +io +cpuset" */

static struct {
	const struct config *config;
	int root_fd; /* of CGROUP_ROOT: what is below it is found faster from there */
	int spare_fd; /* given up for a moment where there is no other descriptor */
	unsigned available; /* bits of enum limit_controller */
} all = {.root_fd = -1, .spare_fd = -1};

/* "GROUP/FILE"; a name that does not fit is a file that is not there. */
static int
open_file(const char *group, const char *file, int flags)
{
	char path[PATH_SIZE];
	const size_t length = strlen(group), rest = strlen(file) + 1;
	int fd;

	if (length + 1 + rest > sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, group, length);
	path[length] = '/';
	memcpy(path + length + 1, file, rest);
	fd = openat(all.root_fd, path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int
write_file(const char *group, const char *file, const char *text)
{
	int fd = open_file(group, file, O_WRONLY), r;

	if (fd < 0)
		return fd;
	r = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int
enable(const char *group, unsigned controllers)
{
	char words[WORDS] = "";

	for (size_t i = 0; i < LIMIT_CONTROLLERS; i++)
		if (controllers & 1u << i) {
			strcat(words, " +");
			strcat(words, limit_controller_name(i));
		}
	return words[0] ? write_file(group, "cgroup.subtree_control", words + 1) : 0;
}

/* Hands down each controller that this kernel has: at once, or, where that fails, each by
 * itself, so that one that cannot does not take the others with it. */
static void
enable_controllers(void)
{
	char text[256];
	ssize_t n = -1;
	int fd = open_file(".", "cgroup.controllers", O_RDONLY), r;

	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n < 0 ? 0 : n] = '\0';
	all.available = limit_controllers(text);
	if (enable(".", all.available) == 0)
		return;
	for (size_t i = 0; i < LIMIT_CONTROLLERS; i++) {
		r = enable(".", all.available & 1u << i);
		if (r == 0)
			continue;
		all.available &= ~(1u << i);
		log_say("cgroup: cannot enable %s: %s", limit_controller_name(i),
			strerror(-r));
	}
}

/* The controllers for the groups in it. A cpuset that holds every processor limits nothing,
 * and each group with one costs time at its start and memory. */
static unsigned
slice_controllers(uint8_t slice)
{
	unsigned needs = all.available & ~(unsigned)LIMIT_CPUSET;

	for (size_t i = 0; i < all.config->service_count; i++)
		if (all.config->services[i].limits.slice == slice)
			needs |= limit_needs(&all.config->services[i].limits);
	return needs & all.available;
}

/* A promise of memory holds only as far as the groups above have one too. */
static void
promise_memory(uint8_t slice)
{
	char text[24];
	uint64_t sum = 0;

	for (size_t i = 0; i < all.config->service_count; i++)
		if (all.config->services[i].limits.slice == slice)
			sum += all.config->services[i].limits.memory_min;
	snprintf(text, sizeof(text), "%" PRIu64, sum);
	if (sum > 0)
		write_file(limit_slice_name(slice), "memory.min", text);
}

static void
give_share(const char *name, uint8_t slice)
{
	promise_memory(slice);
	if (slice == SLICE_CRITICAL) {
		write_file(name, "cpu.weight", "1000");
		write_file(name, "io.weight", "default 1000");
	} else if (slice == SLICE_SPECULATIVE) {
		/* Only where nobody else wants the processor: sched(7), SCHED_IDLE. */
		write_file(name, "cpu.idle", "1");
		write_file(name, "io.weight", "default 1");
	}
}

/* The slice that a group is in, which is made when its first group is: it costs as much as
 * the start of a program. */
static int
make_slice(const char *group)
{
	const size_t length = strcspn(group, "/");
	char name[CGROUP_NAME];
	uint8_t slice = 0;
	unsigned each;

	memcpy(name, group, length);
	name[length] = '\0';
	if (mkdirat(all.root_fd, name, 0755) < 0)
		return -errno;
	while (slice < SERVICE_SLICES && strcmp(limit_slice_name(slice), name) != 0)
		slice++;
	each = slice < SERVICE_SLICES ? slice_controllers(slice)
				      : all.available & ~(unsigned)LIMIT_CPUSET;
	if (enable(name, each) < 0)
		for (unsigned bit = 1; bit <= each; bit <<= 1)
			enable(name, each & bit);
	if (slice < SERVICE_SLICES)
		give_share(name, slice);
	return 0;
}

bool
cgroup_setup(const struct config *config)
{
	all.config = config;
	all.root_fd = open(CGROUP_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (all.root_fd < 0 || faccessat(all.root_fd, "cgroup.procs", F_OK, 0) < 0) {
		log_say("cgroup: not in this kernel: services run without limits");
		return false;
	}
	all.spare_fd = fcntl(all.root_fd, F_DUPFD_CLOEXEC, 0);
	enable_controllers();
	return true;
}

unsigned
cgroup_controllers(void)
{
	return all.available;
}

/* Every limit that was asked for; ENOENT is a file that the kernel lacks, which is said
 * and lived with (isolate_lacks() tells it to those who cannot). */
static int
set_limits(const char *group, const struct config_limits *limits)
{
	char text[LIMIT_TEXT];
	const char *file;

	for (size_t i = 0; i < LIMIT_FILES; i++) {
		int r;

		if (!limit_text(limits, i, &file, text))
			continue;
		r = write_file(group, file, text);
		if (r == -ENOENT)
			log_say("cgroup %s: no %s in this kernel: runs without that limit",
				group, file);
		else if (r < 0) {
			log_say("cgroup %s: cannot set %s to %s", group, file, text);
			return r;
		}
	}
	return 0;
}

static int remove_below(int parent_fd, const char *name, unsigned depth, unsigned *left);

/* rmdir(2) of a group with those in it, deepest first; *left is how many it may still
 * look at. 0 or -errno. */
static int
remove_group(int parent_fd, const char *name, unsigned depth, unsigned *left)
{
	if (*left == 0)
		return -EBUSY;
	--*left;
	if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0)
		return 0;
	/* What has groups of its own is as busy as what has processes. */
	if (errno != EBUSY || depth == 0)
		return -errno;
	return remove_below(parent_fd, name, depth, left);
}

/* By getdents64(2) itself: opendir(3) would allocate. */
static int
remove_below(int parent_fd, const char *name, unsigned depth, unsigned *left)
{
	_Alignas(struct dirent) char entries[1024];
	int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	long n;

	if (fd < 0)
		return -errno;
	while (r == 0 &&
		(n = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
		for (long at = 0; r == 0 && at < n;) {
			const char *entry = entries + at;
			const char *inner = entry + offsetof(struct dirent, d_name);
			unsigned short length;

			memcpy(&length, entry + offsetof(struct dirent, d_reclen),
				sizeof(length));
			if (entry[offsetof(struct dirent, d_type)] == DT_DIR &&
				strcmp(inner, ".") != 0 && strcmp(inner, "..") != 0)
				r = remove_group(fd, inner, depth - 1, left);
			at += length;
		}
	}
	close(fd);
	if (r < 0)
		return r;
	return unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/* Never one that was there before. */
static int
make_anew(const char *group)
{
	unsigned left = BELOW_MOST;
	int r;

	if (mkdirat(all.root_fd, group, 0755) == 0)
		return 0;
	if (errno == ENOENT)
		r = make_slice(group);
	else
		r = errno == EEXIST ? remove_group(all.root_fd, group, BELOW_DEPTH, &left)
				    : -errno;
	if (r < 0)
		return r;
	return mkdirat(all.root_fd, group, 0755) < 0 ? -errno : 0;
}

int
cgroup_create(const char *group, const struct config_service *service, int *events_fd)
{
	int r = *events_fd < 0 ? make_anew(group) : 0;

	if (r == 0)
		r = set_limits(group, &service->limits);
	if (r < 0)
		return r;
	if (*events_fd >= 0)
		return 0;
	/* Half a service is worse than none: out of memory ends all of it. */
	write_file(group, "memory.oom.group", "1");
	r = open_file(group, "cgroup.events", O_RDONLY);
	if (r < 0)
		return r;
	*events_fd = r;
	return 0;
}

int
cgroup_open(const char *group)
{
	return open_file(group, ".", O_PATH | O_DIRECTORY);
}

int
cgroup_kill(int group_fd)
{
	int fd = openat(group_fd, "cgroup.kill", O_WRONLY | O_CLOEXEC), r;

	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		close(all.spare_fd);
		fd = openat(group_fd, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	}
	r = fd < 0 || write(fd, "1", 1) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (fcntl(all.spare_fd, F_GETFD) < 0)
		all.spare_fd = fcntl(all.root_fd, F_DUPFD_CLOEXEC, 0);
	return r;
}

/* The number behind "key " at the start of a line, or otherwise. */
static uint64_t
read_key(int fd, const char *key, uint64_t otherwise)
{
	char text[512];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	const char *line = text;
	size_t length = strlen(key);

	if (n <= 0)
		return otherwise;
	text[n] = '\0';
	for (;;) {
		if (strncmp(line, key, length) == 0 && line[length] == ' ') {
			uint64_t v = 0;

			for (line += length + 1; *line >= '0' && *line <= '9'; line++)
				v = v * 10 + (uint64_t)(*line - '0');
			return v;
		}
		line = strchr(line, '\n');
		if (!line)
			return otherwise;
		line++;
	}
}

bool
cgroup_gone(int events_fd)
{
	char byte;

	return pread(events_fd, &byte, 1, 0) < 0 && errno == ENODEV;
}

bool
cgroup_populated(int events_fd)
{
	return read_key(events_fd, "populated", 0) != 0;
}

void
cgroup_oom(const char *group, struct cgroup_oom *oom)
{
	int fd = open_file(group, "memory.events", O_RDONLY);

	*oom = (struct cgroup_oom){0};
	if (fd < 0)
		return;
	oom->limit = read_key(fd, "oom", 0);
	oom->kills = read_key(fd, "oom_kill", 0);
	close(fd);
}

const char *
cgroup_oom_reason(const struct cgroup_oom *before, const struct cgroup_oom *after)
{
	if (after->kills <= before->kills)
		return NULL;
	return after->limit > before->limit ? "over its MemoryMax"
					    : "no memory left on the device";
}

/* The number that a file of the group is. */
static uint64_t
read_number(const char *group, const char *file)
{
	char text[24];
	uint64_t number = 0;
	ssize_t n;
	int fd = open_file(group, file, O_RDONLY);

	if (fd < 0)
		return UINT64_MAX;
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n <= 0 || text[0] < '0' || text[0] > '9')
		return UINT64_MAX;
	for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	return number;
}

uint64_t
cgroup_memory(const char *group)
{
	return read_number(group, "memory.current");
}

uint64_t
cgroup_tasks(const char *group)
{
	return read_number(group, "pids.current");
}
