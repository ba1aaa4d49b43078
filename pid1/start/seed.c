/* SPDX-License-Identifier: ISC */
#include "seed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/random.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config_mount.h"

/* As much as the kernel's generator holds: POOL_BITS of drivers/char/random.c. */
#define SEED_SIZE 32
/* The file: a mark, one byte that says whether the seed may count, the seed. */
#define MARK	  "INGOTSEED1\n"
#define MARK_SIZE 11

struct file {
	char mark[MARK_SIZE];
	char counts; /* '1' or '0' */
	uint8_t seed[SEED_SIZE];
};

/* Written whole or not at all. */
static int
replace(const char *path, const struct file *file)
{
	char fresh[PATH_MAX], *slash;
	int fd, r = 0;

	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, file, sizeof(*file)) != (ssize_t)sizeof(*file) || fsync(fd) < 0)
		r = errno ? -errno : -ENOSPC;
	close(fd);
	if (r == 0 && rename(fresh, path) < 0)
		r = -errno;
	if (r < 0)
		return r;
	slash = strrchr(fresh, '/');
	slash[slash == fresh] = '\0';
	fd = open(fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static bool
read_file(const char *path, struct file *file)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return false;
	good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == sizeof(*file) &&
	       read(fd, file, sizeof(*file)) == (ssize_t)sizeof(*file) &&
	       memcmp(file->mark, MARK, MARK_SIZE) == 0 &&
	       (file->counts == '0' || file->counts == '1');
	close(fd);
	return good;
}

/* Into the kernel's pool, random(4) RNDADDENTROPY. */
static int
add(const uint8_t *seed, bool counts)
{
	/* struct rand_pool_info, whose last member has no size: two numbers, the bytes. */
	union {
		int number[2 + SEED_SIZE / sizeof(int)];
		struct rand_pool_info info;
	} request = {.number = {counts ? SEED_SIZE * 8 : 0, SEED_SIZE}};
	int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	memcpy(&request.number[2], seed, SEED_SIZE);
	r = ioctl(fd, RNDADDENTROPY, &request.info) < 0 ? -errno : 0;
	explicit_bzero(&request, sizeof(request));
	close(fd);
	return r;
}

/* A seed for the next boot. It may count only if the generator is ready; one that is not
 * gives what it has, with the old seed (may be NULL) over it, so that nothing is lost. */
static void
draw(struct file *file, const uint8_t *old)
{
	memcpy(file->mark, MARK, MARK_SIZE);
	file->counts = '1';
	if (getrandom(file->seed, SEED_SIZE, GRND_NONBLOCK) == SEED_SIZE)
		return;
	file->counts = '0';
	if (getrandom(file->seed, SEED_SIZE, GRND_INSECURE) != SEED_SIZE)
		memset(file->seed, 0, SEED_SIZE);
	for (size_t i = 0; old && i < SEED_SIZE; i++)
		file->seed[i] ^= old[i];
}

enum seed_result
seed_use(const struct config_seed *seed)
{
	enum seed_result result = SEED_MADE;
	struct file old, next;
	bool found = read_file(seed->path, &old), counts = false;

	if (found) {
		/* First the file that says it must not count again. */
		draw(&next, old.seed);
		next.counts = '0';
		if (replace(seed->path, &next) < 0)
			return add(old.seed, false), SEED_FAILED;
		counts = seed->credit && old.counts == '1';
		result = counts ? SEED_CREDITED : SEED_ADDED;
		if (add(old.seed, counts) < 0)
			result = SEED_FAILED;
	}
	draw(&next, found ? old.seed : NULL);
	if (replace(seed->path, &next) < 0)
		result = SEED_FAILED;
	explicit_bzero(&old, sizeof(old));
	explicit_bzero(&next, sizeof(next));
	return result;
}

int
seed_save(const struct config_seed *seed)
{
	struct file old, next;
	int r;

	if (!seed->path[0] || !read_file(seed->path, &old))
		return 0;
	draw(&next, old.seed);
	r = replace(seed->path, &next);
	explicit_bzero(&old, sizeof(old));
	explicit_bzero(&next, sizeof(next));
	return r;
}

const char *
seed_result_name(enum seed_result result)
{
	static const char *const names[] = {
		[SEED_MADE] = "made, there was none to use",
		[SEED_ADDED] = "mixed in, not counted as entropy",
		[SEED_CREDITED] = "mixed in and counted as entropy",
	};

	return result < SEED_FAILED ? names[result] : "cannot be read or replaced";
}
