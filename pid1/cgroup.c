/* SPDX-License-Identifier: ISC */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/config.h"
#include "log.h"

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

bool
cgroup_setup(void)
{
	static const char *const controllers[] = {"+memory", "+pids"};
	static const char *const slices[] = {CGROUP_SERVICES, CGROUP_SYSTEM};
	int r;

	if (access(CGROUP_ROOT "/cgroup.procs", F_OK) < 0) {
		log_say("cgroup: not in this kernel: services run without limits");
		return false;
	}
	/* One write each: a missing controller must not take the other with it. */
	for (size_t i = 0; i < 2; i++) {
		r = write_file(".", "cgroup.subtree_control", controllers[i]);
		if (r < 0)
			log_say("cgroup: cannot enable %s: %s", controllers[i] + 1,
				strerror(-r));
	}
	for (size_t i = 0; i < 2; i++) {
		r = make_folder(slices[i]);
		if (r < 0)
			log_say("cgroup %s: cannot make: %s", slices[i], strerror(-r));
		for (size_t k = 0; k < 2; k++)
			write_file(slices[i], "cgroup.subtree_control", controllers[k]);
	}
	return true;
}

/* A limit that was asked for; ENOENT is a controller that the kernel lacks, said and
 * lived with. */
static int
set_limit(const char *group, const char *file, uint64_t limit)
{
	char text[24] = "max";
	int r;

	if (limit != UINT64_MAX)
		snprintf(text, sizeof(text), "%" PRIu64, limit);
	r = write_file(group, file, text);
	if (r == -ENOENT) {
		if (limit != UINT64_MAX)
			log_say("cgroup %s: no %s in this kernel: runs without that limit",
				group, file);
		return 0;
	}
	return r;
}

int
cgroup_create(const char *group, const struct config_service *service, int *events_fd)
{
	char path[PATH_SIZE];
	int r;

	r = make_folder(group);
	if (r == 0)
		r = set_limit(group, "memory.max", service->limits.memory_max);
	if (r == 0)
		r = set_limit(group, "pids.max", service->limits.tasks_max);
	if (r < 0)
		return r;
	/* Half a service is worse than none: out of memory ends all of it. */
	write_file(group, "memory.oom.group", "1");
	if (*events_fd >= 0)
		return 0;
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
cgroup_kill(const char *group)
{
	return write_file(group, "cgroup.kill", "1");
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

uint64_t
cgroup_oom_kills(const char *group)
{
	char path[PATH_SIZE];
	uint64_t kills;
	int fd;

	snprintf(path, sizeof(path), CGROUP_ROOT "/%s/memory.events", group);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	kills = read_key(fd, "oom_kill", 0);
	close(fd);
	return kills;
}
