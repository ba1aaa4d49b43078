/* SPDX-License-Identifier: ISC */
#include "watch.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "discard.h"

static int epoll_fd = -1;

int
watch_open(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0 ? -errno : 0;
}

static int
control(int operation, int fd, uint32_t events, uint64_t tag)
{
	struct epoll_event event = {.events = events, .data.u64 = tag};

	return epoll_ctl(epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

int
watch_add(int fd, uint32_t events, uint64_t tag)
{
	return control(EPOLL_CTL_ADD, fd, events, tag);
}

int
watch_change(int fd, uint32_t events, uint64_t tag)
{
	return control(EPOLL_CTL_MOD, fd, events, tag);
}

void
watch_close(int fd)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	close(fd);
}

void
watch_discard(int fd)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	discard_fds(&fd, 1);
}

int
watch_wait(struct epoll_event *events, int most, int ms)
{
	int n = epoll_wait(epoll_fd, events, most, ms);

	return n < 0 ? -errno : n;
}
