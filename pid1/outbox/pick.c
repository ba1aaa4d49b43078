/* SPDX-License-Identifier: ISC */
#include "pick.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/config_log.h"

#define REFUSED 64 /* files remembered as refused */

static struct {
	int folders[CONFIG_PRIORITIES];
	int inotify;
	size_t next; /* of refused, which wraps round */
	struct {
		ino_t inode;
		uint64_t until_ms;
	} refused[REFUSED];
} outbox;

uint64_t
outbox_due_ms(uint64_t bytes, uint64_t bandwidth)
{
	if (bandwidth == 0)
		return 0;
	return bytes / bandwidth * 1000 + bytes % bandwidth * 1000 / bandwidth;
}

uint64_t
outbox_pause_ms(unsigned failures)
{
	return (uint64_t)1000 << (failures > 7 ? 6 : failures > 0 ? failures - 1 : 0);
}

int
outbox_open(const struct config_outbox *config, const char *folder)
{
	outbox.inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (outbox.inotify < 0)
		return -1;
	for (size_t i = 0; config->priorities[i]; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", folder, config->priorities[i]);
		outbox.folders[i] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (outbox.folders[i] < 0 || inotify_add_watch(outbox.inotify, path,
						     IN_MOVED_TO | IN_CLOSE_WRITE) < 0)
			return -1;
	}
	return 0;
}

static bool
is_refused(ino_t inode, uint64_t now_ms)
{
	for (size_t i = 0; i < REFUSED; i++)
		if (outbox.refused[i].inode == inode &&
			outbox.refused[i].until_ms > now_ms)
			return true;
	return false;
}

static bool
is_older(const struct stat *a, const char *name_a, const struct stat *b,
	const char *name_b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec < b->st_mtim.tv_sec;
	if (a->st_mtim.tv_nsec != b->st_mtim.tv_nsec)
		return a->st_mtim.tv_nsec < b->st_mtim.tv_nsec;
	return strcmp(name_a, name_b) < 0;
}

/* The oldest in one folder, by name and stat; false: none. */
static bool
oldest(int folder, uint64_t now_ms, struct outbox_file *file)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool found = false;
	struct stat st;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
			fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISREG(st.st_mode) || is_refused(st.st_ino, now_ms) ||
			faccessat(folder, entry->d_name, R_OK, 0) < 0)
			continue;
		if (found && !is_older(&st, entry->d_name, &file->st, file->name))
			continue;
		found = true;
		file->st = st;
		snprintf(file->name, sizeof(file->name), "%s", entry->d_name);
	}
	closedir(dir);
	return found;
}

bool
outbox_pick(const struct config_outbox *config, size_t below, uint64_t now_ms,
	struct outbox_file *file)
{
	for (size_t i = 0; i < below && config->priorities[i]; i++) {
		if (!oldest(outbox.folders[i], now_ms, file))
			continue;
		file->priority = i;
		/* Not to wait, should it have become something else since. */
		file->fd = openat(outbox.folders[i], file->name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (file->fd < 0)
			continue;
		if (fstat(file->fd, &file->st) == 0 && S_ISREG(file->st.st_mode)) {
			file->size = (uint64_t)file->st.st_size;
			return true;
		}
		close(file->fd);
	}
	return false;
}

void
outbox_done(const struct config_outbox *config, const struct outbox_file *file)
{
	int folder = outbox.folders[file->priority];
	struct stat st;

	if (fstatat(folder, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		st.st_ino != file->st.st_ino || st.st_size != file->st.st_size ||
		st.st_mtim.tv_sec != file->st.st_mtim.tv_sec ||
		st.st_mtim.tv_nsec != file->st.st_mtim.tv_nsec)
		return;
	if (unlinkat(folder, file->name, 0) < 0)
		fprintf(stderr, "<4>%s/%s: cannot delete: %s\n",
			config->priorities[file->priority], file->name, strerror(errno));
}

void
outbox_put_off(const struct outbox_file *file, uint64_t now_ms)
{
	outbox.refused[outbox.next].inode = file->st.st_ino;
	outbox.refused[outbox.next].until_ms = now_ms + OUTBOX_REFUSED_MS;
	outbox.next = (outbox.next + 1) % REFUSED;
}

void
outbox_close(struct outbox_file *file)
{
	close(file->fd);
	file->fd = -1;
}

void
outbox_wait(void)
{
	struct pollfd ready = {.fd = outbox.inotify, .events = POLLIN};
	char events[4096];

	poll(&ready, 1, 60000);
	while (read(outbox.inotify, events, sizeof(events)) > 0)
		;
}
