/* SPDX-License-Identifier: ISC */
#include "robot.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

void
robot_fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		robot_fail(path);
	}
	strcpy(address.sun_path, path);
	return address;
}

int
robot_socket(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		robot_fail("socket");
	if (path) {
		struct sockaddr_un address = address_of(path);

		unlink(path); /* of the loop before a restart */
		if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
			chmod(path, 0666) < 0)
			robot_fail(path);
	}
	return fd;
}

void
robot_send(int fd, struct robot_message message)
{
	struct sockaddr_un address = address_of(ROBOT_SOCKET);

	/* Lost if the loop is being started again: the next one is fresher anyway. */
	if (sendto(fd, &message, sizeof(message), MSG_NOSIGNAL,
		    (struct sockaddr *)&address, sizeof(address)) < 0)
		return;
}

void
robot_notify(const char *state)
{
	static int fd = -1;
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;

	if (!path)
		return;
	if (fd < 0)
		fd = robot_socket(NULL);
	address = address_of(path);
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
		    sizeof(address)) < 0)
		return; /* the next sign of life tells */
}

int64_t
robot_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void
robot_sleep_until(int64_t then)
{
	const struct timespec at = {
		.tv_sec = then / 1000000000, .tv_nsec = then % 1000000000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}
