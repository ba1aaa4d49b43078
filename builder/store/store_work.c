/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "builder/base/folder.h"
#include "builder/base/say.h"
#include "store_parts.h"
#include "builder/base/xalloc.h"

/*
 * work/NAME/ is alive as long as somebody holds work/NAME.lock by flock(2), which the
 * kernel lets go however its owner ends. The lock is made before the folder and removed
 * after it, so a folder without one is dead as well.
 */
#define LOCK ".lock"

static struct work {
	struct work *next;
	char *dir, *lock;
	int fd;
	pid_t owner; /* jobs inherit the list, not the folders */
} * works;

/* Takes the lock file for ourselves: the descriptor, or -1 if it is another's or just
 * gone. */
static int
take_lock(const char *path, int flags)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0644);

	if (fd < 0)
		return -1;
	/* A sweep may have come between open and flock and removed the name. */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0)
		return fd;
	close(fd);
	errno = EEXIST;
	return -1;
}

int
store_lock(void)
{
	char *path = store_file_path("lock");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		store_die("lock", "cannot open", errno);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			store_die("lock", "cannot lock", errno);
	free(path);
	return fd;
}

void
store_unlock(int lock)
{
	close(lock);
}

static void
release(struct work *work)
{
	/* Processes that were just killed may still be writing; the next sweep gets what
	 * is left. */
	if (folder_remove(work->dir) == 0)
		unlink(work->lock);
	close(work->fd);
	work->owner = 0;
}

/* A failure on a full disk leaves other words behind, and then the space is free again.
 */
static void
release_all(int status, void *unused)
{
	bool told = status == 0;

	(void)unused;
	for (struct work *work = works; work; work = work->next)
		if (work->owner == getpid()) {
			if (!told)
				store_warn_full();
			told = true;
			release(work);
		}
}

void
store_work_drop(const char *dir)
{
	for (struct work *work = works; work; work = work->next)
		if (work->owner == getpid() && strcmp(work->dir, dir) == 0)
			release(work);
}

char *
store_work(const char *label)
{
	static pid_t prepared;
	static unsigned number;
	struct work *work = xcalloc(1, sizeof *work);
	char *name = xstrdup(label);

	for (char *at = name; *at; at++)
		if (*at == '/' || (at == name && *at == '.'))
			*at = '_';
	if (!prepared && on_exit(release_all, NULL) != 0)
		die("out of memory");
	prepared = getpid();
	for (unsigned tries = 0;; tries++) {
		work->dir = store_file_path("work/%.80s.%d-%u", name, prepared, number++);
		work->lock = xasprintf("%s" LOCK, work->dir);
		work->fd = take_lock(work->lock, O_CREAT | O_EXCL);
		if (work->fd >= 0)
			break;
		if (errno != EEXIST || tries > 10000)
			store_die("work", "cannot create a lock", errno);
		free(work->dir);
		free(work->lock);
	}
	free(name);
	if (mkdir(work->dir, 0755) < 0)
		store_die("work", "cannot create a folder", errno);
	work->owner = getpid();
	work->next = works;
	works = work;
	return xstrdup(work->dir);
}

/* Bounded patience with processes that SIGKILL has not ended yet. */
static bool
remove_patiently(const char *path)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};

	for (unsigned tries = 0; tries < 10; tries++) {
		int result = folder_remove(path);

		if (result == 0)
			return true;
		if (result != -ENOTEMPTY && result != -EBUSY)
			return false;
		nanosleep(&pause, NULL);
	}
	return false;
}

static void
sweep_entry(const char *name)
{
	size_t length = strlen(name), suffix = strlen(LOCK);
	bool is_lock = length > suffix && strcmp(name + length - suffix, LOCK) == 0;
	char *dir = store_file_path(
		"work/%.*s", (int)(is_lock ? length - suffix : length), name);
	char *lock = xasprintf("%s" LOCK, dir);
	int fd = take_lock(lock, 0);

	if (fd >= 0) {
		if (remove_patiently(dir))
			unlink(lock);
		close(fd);
	} else if (errno == ENOENT && !is_lock) {
		(void)remove_patiently(dir);
	}
	free(lock);
	free(dir);
}

void
store_sweep(void)
{
	char *path = store_file_path("work");
	DIR *dir = opendir(path);
	const struct dirent *entry;

	free(path);
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			sweep_entry(entry->d_name);
	closedir(dir);
}
