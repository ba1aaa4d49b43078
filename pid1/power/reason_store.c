/* SPDX-License-Identifier: ISC */
#include "reason_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config_power.h"
#include "deadline.h"

#define STORE_SIZE (REASON_BLOCK * 2)
#define ANSWER_MS  1500 /* of a disk, where the store is named by a GUID */
#define PMSG_LOG   DUMP_MOUNT "/pmsg-ramoops-0"

struct job {
	const struct config_reason *config;
	int fd; /* of the pipe */
};

/* Only the child writes to it: in pid1 these pages are never touched. */
static uint8_t log_bytes[65536];
static struct dump dump;

/* A new store: its blocks are there before anything counts on them. -errno or fd. */
static int
make_store(const char *path)
{
	static const uint8_t blank[STORE_SIZE];
	char folder[PATH_MAX];
	char *slash;
	int fd, dir, error;

	if (strlen(path) >= sizeof(folder))
		return -ENAMETOOLONG;
	strcpy(folder, path);
	slash = strrchr(folder, '/');
	slash[slash == folder ? 1 : 0] = '\0';
	mkdir(folder, 0700);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pwrite(fd, blank, STORE_SIZE, 0) == STORE_SIZE && fsync(fd) == 0 &&
		dir >= 0 && fsync(dir) == 0)
		return fd;
	error = errno ? errno : ENOSPC;
	unlink(path);
	return -error;
}

static bool
is_blank(const uint8_t *bytes, size_t size)
{
	for (size_t i = 1; i < size; i++)
		if (bytes[i] != bytes[0])
			return false;
	return bytes[0] == 0 || bytes[0] == 0xff;
}

static int
read_store(const char *path, struct reason_found *found)
{
	static uint8_t bytes[STORE_SIZE];
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && strncmp(path, "/dev/", 5) != 0)
		fd = make_store(path);
	else if (fd < 0)
		fd = -errno;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return -EINVAL;
	if (pread(fd, bytes, STORE_SIZE, 0) < 0)
		return -errno;
	found->newest = reason_newest(bytes, bytes + REASON_BLOCK, &found->record);
	found->valid = found->newest >= 0;
	if (S_ISBLK(st.st_mode) && !found->valid && !is_blank(bytes, STORE_SIZE))
		return -ENOTEMPTY;
	return 0;
}

/* The last panic. Each boot begins with dump 0, so one that an earlier boot has told may
 * have a higher number than the one that is new. */
static void
read_dumps(struct reason_found *found)
{
	for (unsigned i = 0; i < DUMP_MOST; i++) {
		if (!dump_load(&dump, i))
			continue;
		found->dumps = true;
		if (!dump.panic || (found->panic.mark && dump.mark == found->record.told))
			continue;
		found->panic.mark = dump.mark;
		found->panic.uptime_ms = dump.uptime_ms;
		memcpy(found->panic.cause, dump.cause, sizeof(dump.cause));
	}
}

/* What the last boot left in memory that outlives a restart. */
static void
read_pmsg(struct reason_found *found)
{
	struct reason record;
	ssize_t n;
	int fd;

	fd = open(PMSG_LOG, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, log_bytes, sizeof(log_bytes));
	if (n <= 0 || !reason_find(&record, log_bytes, (size_t)n))
		return;
	if (found->valid && record.sequence <= found->record.sequence)
		return;
	found->record = record;
	found->valid = true;
}

static int
find_store(const char *store, struct reason_found *found)
{
	struct partuuid where = {.ms = ANSWER_MS};
	int r;

	if (!partuuid_is(store))
		return read_store(store, found);
	r = partuuid_find(&where, store, &found->place, NULL);
	return r < 0 ? r : read_store(found->place.path, found);
}

static void
read_all(void *argument)
{
	const struct job *job = argument;
	struct reason_found found = {.newest = -1};

	if (job->config->store[0])
		found.error = find_store(job->config->store, &found);
	if (job->config->pstore) {
		mount("pstore", DUMP_MOUNT, "pstore", MS_NOSUID | MS_NOEXEC | MS_NODEV,
			NULL);
		read_pmsg(&found);
		read_dumps(&found);
	}
	if (write(job->fd, &found, sizeof(found)) != sizeof(found))
		_exit(1);
	/* It is told. This also empties what is written now: nothing yet. */
	if (job->config->pstore)
		unlink(PMSG_LOG);
}

int
reason_store_read(
	const struct config_reason *config, struct reason_found *found, uint64_t ms)
{
	struct job job = {.config = config};
	int fds[2], r;

	found->newest = -1;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	job.fd = fds[1];
	r = deadline_run(read_all, &job, ms);
	if (r == 0 && read(fds[0], found, sizeof(*found)) != sizeof(*found))
		r = -EIO;
	close(fds[0]);
	close(fds[1]);
	return r;
}
