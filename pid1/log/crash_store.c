/* SPDX-License-Identifier: ISC */
#include "crash_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DIGITS 8
#define LAST   99999999u

/* The number that a file of the store begins with; false for any other name. */
static bool
number_of(const char *name, uint64_t *number)
{
	if (strspn(name, "0123456789") != DIGITS || name[DIGITS] != '.')
		return false;
	*number = strtoul(name, NULL, 10);
	return true;
}

struct survey {
	uint64_t highest, bytes;
	size_t files;
	uint64_t lowest;
	char oldest[NAME_MAX + 1];
};

static void
count(const struct crash_store *store, struct survey *survey, const char *name)
{
	size_t length = strnlen(name, sizeof(survey->oldest) - 1);
	struct stat st;
	uint64_t number;

	if (!number_of(name, &number) ||
		fstatat(store->folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	survey->files++;
	survey->bytes += (uint64_t)st.st_size;
	if (number > survey->highest)
		survey->highest = number;
	if (number < survey->lowest) {
		survey->lowest = number;
		memcpy(survey->oldest, name, length);
		survey->oldest[length] = '\0';
	}
}

/* By getdents64(2) itself: opendir(3) would allocate. */
static int
look(const struct crash_store *store, struct survey *survey)
{
	int fd = openat(store->folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent) char entries[2048];
	int error;
	long n;

	*survey = (struct survey){.lowest = UINT64_MAX};
	if (fd < 0)
		return -errno;
	while ((n = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < n;) {
			const char *entry = entries + at;
			unsigned short length;

			memcpy(&length, entry + offsetof(struct dirent, d_reclen),
				sizeof(length));
			count(store, survey, entry + offsetof(struct dirent, d_name));
			at += length;
		}
	}
	error = errno;
	close(fd);
	return n < 0 ? -error : 0;
}

/* Deletes the oldest file; -ENOSPC if there is none. */
static int
drop_oldest(const struct crash_store *store)
{
	struct survey survey;
	int r = look(store, &survey);

	if (r < 0)
		return r;
	if (survey.files == 0)
		return -ENOSPC;
	return unlinkat(store->folder_fd, survey.oldest, 0) < 0 ? -errno : 0;
}

/* Until one more file of so many bytes has its place. */
static int
make_room(const struct crash_store *store, uint64_t bytes)
{
	struct survey survey;
	int r;

	for (;;) {
		r = look(store, &survey);
		if (r < 0 || (survey.files < store->most_files &&
				     survey.bytes + bytes <= store->most_bytes))
			return r;
		r = drop_oldest(store);
		if (r < 0)
			return r;
	}
}

static int
open_temporary(struct crash_store *store)
{
	int error;

	store->fd = openat(store->folder_fd, store->temporary,
		O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (store->fd < 0)
		return -errno;
	/* Left over from a power cut, or another's who is still at it. */
	if (flock(store->fd, LOCK_EX | LOCK_NB) == 0 && ftruncate(store->fd, 0) == 0)
		return 0;
	error = errno;
	close(store->fd);
	return -error;
}

int
crash_store_begin(struct crash_store *store, const char *folder, size_t most_files,
	uint64_t most_bytes, const char *service, const char *kind)
{
	struct survey survey;
	int r;

	*store = (struct crash_store){
		.fd = -1, .most_files = most_files, .most_bytes = most_bytes};
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return -errno;
	store->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (store->folder_fd < 0)
		return -errno;
	snprintf(store->temporary, sizeof(store->temporary), ".new.%s", kind);
	r = look(store, &survey);
	if (r == 0)
		r = open_temporary(store);
	if (r < 0) {
		close(store->folder_fd);
		return r;
	}
	store->number = survey.highest < LAST ? survey.highest + 1 : LAST;
	snprintf(store->name, sizeof(store->name), "%08u.%s.%s", (unsigned)store->number,
		service, kind);
	return 0;
}

int
crash_store_write(struct crash_store *store, const void *data, size_t size)
{
	const char *from = data;

	while (size > 0) {
		ssize_t n;
		int r = 0;

		if (store->written + size > store->most_bytes)
			return -EFBIG;
		n = write(store->fd, from, size);
		if (n >= 0) {
			from += n;
			size -= (size_t)n;
			store->written += (uint64_t)n;
		} else if (errno == ENOSPC || errno == EDQUOT) {
			r = drop_oldest(store);
		} else if (errno != EINTR) {
			r = -errno;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int
crash_store_commit(struct crash_store *store)
{
	int r = make_room(store, store->written);

	if (r == 0 && fsync(store->fd) < 0)
		r = -errno;
	if (r == 0 && renameat(store->folder_fd, store->temporary, store->folder_fd,
			      store->name) < 0)
		r = -errno;
	if (r == 0 && fsync(store->folder_fd) < 0)
		r = -errno;
	if (r < 0) {
		crash_store_abandon(store);
		return r;
	}
	close(store->fd);
	close(store->folder_fd);
	return 0;
}

void
crash_store_abandon(struct crash_store *store)
{
	unlinkat(store->folder_fd, store->temporary, 0);
	close(store->fd);
	close(store->folder_fd);
}
