/* SPDX-License-Identifier: ISC */
#include "notify_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/config_life.h"
#include "pid1/base/discard.h"
#include "pid1/log/log.h"

/* Linux 6.5; not in musl's headers. */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

struct sender {
	pid_t pid; /* 0: not said */
	int pidfd;
};

void
notify_setup(void)
{
	if (mkdir(CONFIG_NOTIFY_DIR, 0755) < 0 && errno != EEXIST)
		log_say("%s: cannot make: %s", CONFIG_NOTIFY_DIR, strerror(errno));
}

int
notify_open(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const int on = 1;
	int fd, error;

	if ((size_t)snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", CONFIG_NOTIFY_DIR,
		    name) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(at.sun_path);
	/* Anybody may send who sees it; who it was, the kernel says. */
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0 &&
		setsockopt(fd, SOL_SOCKET, SO_PASSPIDFD, &on, sizeof(on)) == 0 &&
		bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
		chmod(at.sun_path, 0666) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* musl's macro mixes signed and unsigned numbers. */
static struct cmsghdr *
next_header(struct msghdr *head, struct cmsghdr *c)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
	return CMSG_NXTHDR(head, c);
#pragma GCC diagnostic pop
}

/* Takes what came beside the text; descriptors of the sender's are closed, which is all
 * that a barrier waits for. */
static void
take_ancillary(struct msghdr *head, struct sender *sender)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = next_header(head, c)) {
		const unsigned char *data = CMSG_DATA(c);
		size_t size = c->cmsg_len - CMSG_LEN(0);
		int fds[DISCARD_MOST];
		struct ucred from;

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS && size == sizeof(from)) {
			memcpy(&from, data, sizeof(from));
			sender->pid = from.pid;
		} else if (c->cmsg_type == SCM_PIDFD && size == sizeof(int)) {
			memcpy(&sender->pidfd, data, sizeof(int));
		} else if (c->cmsg_type == SCM_RIGHTS && size <= sizeof(fds)) {
			memcpy(fds, data, size);
			discard_fds(fds, size / sizeof(int));
		}
	}
}

/* True if the line "0::/GROUP" of /proc/PID/cgroup names the group or one below it. */
static bool
is_in_group(pid_t pid, const char *group)
{
	char path[32], text[512];
	size_t length = strlen(group);
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return strncmp(text, "0::/", 4) == 0 && strncmp(text + 4, group, length) == 0 &&
	       (text[4 + length] == '\n' || text[4 + length] == '/');
}

/*
 * A number may have gone to another process since; the descriptor has not. As long as it
 * stands for a process that is not reaped, the number read before meant that one.
 */
static bool
is_own(const struct sender *sender, const char *group, pid_t pid)
{
	if (sender->pid <= 0 || sender->pidfd < 0)
		return false;
	if (group ? !is_in_group(sender->pid, group) : sender->pid != pid)
		return false;
	return syscall(SYS_pidfd_send_signal, sender->pidfd, 0, NULL, 0) == 0;
}

ssize_t
notify_read(int fd, char *text, size_t size, const char *group, pid_t pid, bool *own)
{
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(struct ucred)) +
					   CMSG_SPACE(DISCARD_MOST * sizeof(int)) +
					   CMSG_SPACE(sizeof(int))];
	struct iovec part = {.iov_base = text, .iov_len = size};
	struct msghdr head = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room)};
	struct sender sender = {.pidfd = -1};
	ssize_t n = recvmsg(fd, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*own = false;
	if (n < 0)
		return -errno;
	take_ancillary(&head, &sender);
	*own = is_own(&sender, group, pid);
	if (sender.pidfd >= 0)
		close(sender.pidfd);
	return (head.msg_flags & MSG_TRUNC) != 0 ? -EPROTO : n;
}
