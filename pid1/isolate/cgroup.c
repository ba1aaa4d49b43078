/* SPDX-License-Identifier: ISC */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config.h"
#include "limit.h"
#include "pid1/log/log.h"

#define PATH_SIZE (sizeof(CGROUP_ROOT) + CGROUP_NAME + 32)

static int
write_file(const char *group, const char *file, const char *text)
{
	char path[PATH_SIZE];
	ssize_t n;
	int fd, r;

	snprintf(path, sizeof(path), CGROUP_ROOT "/%s/%s", group, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	r = n < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int
make_folder(const char *group)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), CGROUP_ROOT "/%s", group);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

static unsigned available;

/* Hands down each controller that this kernel has: one write each, since one that is
 * missing would take the others with it. */
static void
enable_controllers(void)
{
	char text[256], word[16];
	ssize_t n = -1;
	int fd = open(CGROUP_ROOT "/cgroup.controllers", O_RDONLY | O_CLOEXEC), r;

	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n < 0 ? 0 : n] = '\0';
	available = limit_controllers(text);
	for (size_t i = 0; i < LIMIT_CONTROLLERS; i++) {
		if (!(available & 1u << i))
			continue;
		snprintf(word, sizeof(word), "+%s", limit_controller_name(i));
		r = write_file(".", "cgroup.subtree_control", word);
		if (r == 0)
			continue;
		available &= ~(1u << i);
		log_say("cgroup: cannot enable %s: %s", word + 1, strerror(-r));
	}
}

/* The controllers for the groups in it. A cpuset that holds every processor limits nothing,
 * and each group with one costs time at its start and memory. */
static unsigned
slice_controllers(const struct config *config, uint8_t slice)
{
	unsigned needs = available & ~(unsigned)LIMIT_CPUSET;

	for (size_t i = 0; i < config->service_count; i++)
		if (config->services[i].limits.slice == slice)
			needs |= limit_needs(&config->services[i].limits);
	return needs & available;
}

static void
make_slice(const char *slice, unsigned controllers)
{
	char word[16];
	int r = make_folder(slice);

	if (r < 0)
		log_say("cgroup %s: cannot make: %s", slice, strerror(-r));
	for (size_t i = 0; i < LIMIT_CONTROLLERS; i++) {
		snprintf(word, sizeof(word), "+%s", limit_controller_name(i));
		if (controllers & 1u << i)
			write_file(slice, "cgroup.subtree_control", word);
	}
}

/* A promise of memory holds only as far as the groups above have one too. */
static void
promise_memory(const struct config *config, uint8_t slice)
{
	char text[24];
	uint64_t sum = 0;

	for (size_t i = 0; i < config->service_count; i++)
		if (config->services[i].limits.slice == slice)
			sum += config->services[i].limits.memory_min;
	snprintf(text, sizeof(text), "%" PRIu64, sum);
	if (sum > 0)
		write_file(limit_slice_name(slice), "memory.min", text);
}

bool
cgroup_setup(const struct config *config)
{
	if (access(CGROUP_ROOT "/cgroup.procs", F_OK) < 0) {
		log_say("cgroup: not in this kernel: services run without limits");
		return false;
	}
	enable_controllers();
	make_slice(CGROUP_SYSTEM, available & ~(unsigned)LIMIT_CPUSET);
	for (uint8_t slice = 0; slice < SERVICE_SLICES; slice++) {
		make_slice(limit_slice_name(slice), slice_controllers(config, slice));
		promise_memory(config, slice);
	}
	write_file(limit_slice_name(SLICE_CRITICAL), "cpu.weight", "1000");
	write_file(limit_slice_name(SLICE_CRITICAL), "io.weight", "default 1000");
	/* Only where nobody else wants the processor: sched(7), SCHED_IDLE. */
	write_file(limit_slice_name(SLICE_SPECULATIVE), "cpu.idle", "1");
	write_file(limit_slice_name(SLICE_SPECULATIVE), "io.weight", "default 1");
	return true;
}

unsigned
cgroup_controllers(void)
{
	return available;
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

/* Never one that was there before. */
static int
make_anew(const char *group)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), CGROUP_ROOT "/%s", group);
	if (mkdir(path, 0755) == 0)
		return 0;
	if (errno != EEXIST || rmdir(path) < 0 || mkdir(path, 0755) < 0)
		return -errno;
	return 0;
}

int
cgroup_create(const char *group, const struct config_service *service, int *events_fd)
{
	char path[PATH_SIZE];
	int r = *events_fd < 0 ? make_anew(group) : make_folder(group);

	if (r == 0)
		r = set_limits(group, &service->limits);
	if (r < 0)
		return r;
	if (*events_fd >= 0)
		return 0;
	/* Half a service is worse than none: out of memory ends all of it. */
	write_file(group, "memory.oom.group", "1");
	snprintf(path, sizeof(path), CGROUP_ROOT "/%s/cgroup.events", group);
	*events_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *events_fd < 0 ? -errno : 0;
}

int
cgroup_open(const char *group)
{
	char path[PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), CGROUP_ROOT "/%s", group);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int
cgroup_open_kill(const char *group)
{
	char path[PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), CGROUP_ROOT "/%s/cgroup.kill", group);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int
cgroup_kill(int kill_fd)
{
	return write(kill_fd, "1", 1) < 0 ? -errno : 0;
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
cgroup_populated(int events_fd)
{
	return read_key(events_fd, "populated", 0) != 0;
}

void
cgroup_oom(const char *group, struct cgroup_oom *oom)
{
	char path[PATH_SIZE];
	int fd;

	*oom = (struct cgroup_oom){0};
	snprintf(path, sizeof(path), CGROUP_ROOT "/%s/memory.events", group);
	fd = open(path, O_RDONLY | O_CLOEXEC);
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
	char path[PATH_SIZE], text[24];
	uint64_t number = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), CGROUP_ROOT "/%s/%s", group, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
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
