/* SPDX-License-Identifier: ISC */
#include "key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pid1/log/log.h"
#include "pid1/power/deadline.h"

#define KEY_MS 2000 /* for the file */

/* What a child says of a key's file. */
struct key_file {
	int error; /* 0 or -errno */
	bool touchable; /* by others than its owner */
	uint8_t key[WIREGUARD_KEY];
};

struct key_job {
	const char *path;
	int fd; /* of the pipe */
};

static int
read_file(const char *path, struct key_file *file)
{
	char text[WIREGUARD_TEXT + 2];
	struct stat st;
	ssize_t n = -1;
	int r = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	else if ((n = read(fd, text, sizeof(text))) < 0)
		r = -errno;
	else if (!wireguard_decode(text, (size_t)n, file->key))
		r = -EINVAL;
	close(fd);
	explicit_bzero(text, sizeof(text));
	file->touchable = r == 0 && st.st_mode & 077;
	return r;
}

static void
tell_key(void *argument)
{
	const struct key_job *job = argument;
	struct key_file file = {0};

	file.error = read_file(job->path, &file);
	if (write(job->fd, &file, sizeof(file)) != sizeof(file))
		_exit(1);
}

/* The next child is made when the last one is gone, which the end of its pipe tells. */
int
key_file_read(const char *path, uint8_t key[WIREGUARD_KEY])
{
	static int held_fd = -1;
	struct key_job job = {.path = path};
	struct key_file file = {0};
	int fds[2], r;
	char byte;

	if (held_fd >= 0 && read(held_fd, &byte, 1) < 0)
		return -ETIMEDOUT;
	if (held_fd >= 0)
		close(held_fd);
	held_fd = -1;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	job.fd = fds[1];
	r = deadline_run(tell_key, &job, KEY_MS);
	close(fds[1]);
	if (r == -ETIMEDOUT) {
		held_fd = fds[0];
		return r;
	}
	if (r == 0)
		r = read(fds[0], &file, sizeof(file)) == sizeof(file) ? file.error : -EIO;
	close(fds[0]);
	if (r == 0)
		memcpy(key, file.key, WIREGUARD_KEY);
	if (r == 0 && file.touchable)
		log_say("%s: a key that others than its owner may touch: want mode 0600",
			path);
	explicit_bzero(&file, sizeof(file));
	return r;
}
