/* SPDX-License-Identifier: ISC */
#include "ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define LIMIT_S 900 /* for rollback's answer: it reads and writes a slot of any size */

int
ask_send(int fd, const void *data, size_t size)
{
	const char *from = data;

	while (size > 0) {
		ssize_t n = send(fd, from, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		size -= (size_t)n;
	}
	return 0;
}

int
ask_open(const char *path, const char *line)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = LIMIT_S};
	int fd, r;

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
	if (r == 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		r = -errno;
	if (r == 0)
		r = ask_send(fd, line, strlen(line));
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* The last line, which it cuts off. */
static int
take_status(char *answer)
{
	size_t length = strlen(answer);
	char *line, *end;
	unsigned long status;

	if (length == 0 || answer[length - 1] != '\n')
		return -EPROTO;
	answer[length - 1] = '\0';
	line = strrchr(answer, '\n');
	line = line ? line + 1 : answer;
	if (strncmp(line, "exit ", 5) != 0)
		return -EPROTO;
	status = strtoul(line + 5, &end, 10);
	if (end == line + 5 || *end || status > 255)
		return -EPROTO;
	*line = '\0';
	return (int)status;
}

int
ask_close(int fd, char answer[ASK_ANSWER])
{
	size_t size = 0;
	ssize_t n;
	int r = 0;

	shutdown(fd, SHUT_WR);
	for (;;) {
		n = recv(fd, answer + size, ASK_ANSWER - 1 - size, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		size += (size_t)n;
	}
	/* What rollback left unread is no error once it has answered. */
	if (n < 0 && errno != ECONNRESET)
		r = -errno;
	close(fd);
	answer[size] = '\0';
	return r < 0 ? r : take_status(answer);
}

int
ask(const char *path, const char *line, const void *data, size_t size,
	char answer[ASK_ANSWER])
{
	int fd = ask_open(path, line);

	if (fd < 0)
		return fd;
	/* It may answer before it has read everything. */
	ask_send(fd, data, size);
	return ask_close(fd, answer);
}
