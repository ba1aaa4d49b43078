/* SPDX-License-Identifier: ISC */
#include "discard.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Holds its copies until ours are closed, which it sees by the end of the pipe. */
_Noreturn static void
hold(const int pipe_fds[2])
{
	char byte;

	close(pipe_fds[1]);
	(void)!read(pipe_fds[0], &byte, 1);
	_exit(0);
}

/* A pipe, which is what a barrier of sd_notify(3) brings, never waits. */
static bool
may_wait(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode);
}

void
discard_fds(const int *fds, size_t count)
{
	/* Should there be no child: the next best, which a sender could undo. */
	static const struct linger at_once = {.l_onoff = 0};
	int pipe_fds[2] = {-1, -1};
	long pid = -1;
	size_t held = 0;

	for (size_t i = 0; i < count; i++)
		held += may_wait(fds[i]);
	if (held > 0 && pipe2(pipe_fds, O_CLOEXEC) == 0)
		pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		hold(pipe_fds);
	for (size_t i = 0; i < count; i++) {
		if (pid < 0 && held > 0)
			setsockopt(
				fds[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(fds[i]);
	}
	if (pipe_fds[0] >= 0) {
		close(pipe_fds[0]);
		close(pipe_fds[1]);
	}
}

ssize_t
discard_receive(int fd, void *data, size_t size)
{
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(DISCARD_MOST * sizeof(int))];
	struct iovec part = {.iov_base = data, .iov_len = size};
	struct msghdr head = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room)};
	const struct cmsghdr *c;
	int fds[DISCARD_MOST];
	size_t rights;
	ssize_t n = recvmsg(fd, &head, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);

	c = n < 0 ? NULL : CMSG_FIRSTHDR(&head);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return n;
	rights = c->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(c), rights);
	discard_fds(fds, rights / sizeof(int));
	return n;
}
