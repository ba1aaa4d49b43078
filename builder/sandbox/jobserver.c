/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jobserver.h"
#include "builder/base/say.h"

/* One token is one byte in the pipe; the first job of all needs none. */
#define TOKEN '+'

static int ends[2] = {-1, -1};
static int take_fd = -1; /* the reading end once more, non-blocking */
static unsigned tokens;

static void
put(void)
{
	const char token = TOKEN;

	while (write(ends[1], &token, 1) < 0)
		if (errno != EINTR)
			die("jobserver: cannot give a token back: %s", strerror(errno));
}

void
jobserver_open(unsigned jobs)
{
	char path[32];

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("jobserver: cannot make a pipe: %s", strerror(errno));
	snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
	take_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (take_fd < 0)
		die("jobserver: %s: %s: is /proc mounted?", path, strerror(errno));
	for (tokens = 0; tokens + 1 < jobs; tokens++)
		put();
}

int
jobserver_read_fd(void)
{
	return ends[0];
}

int
jobserver_write_fd(void)
{
	return ends[1];
}

/*
 * The read may find the token gone that a poll saw, so it must not block. O_NONBLOCK
 * belongs to the file description, which is shared with every make; take_fd has one of
 * its own.
 */
int
jobserver_take(void)
{
	char token;

	return take_fd >= 0 && read(take_fd, &token, 1) == 1;
}

void
jobserver_give(void)
{
	if (ends[1] >= 0)
		put();
}

void
jobserver_refill(void)
{
	while (jobserver_take())
		;
	for (unsigned i = 0; i < tokens; i++)
		put();
}
