/* SPDX-License-Identifier: ISC */
#include "uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KERNEL_GROUP 1 /* what the kernel says itself, not a udev */
#define MESSAGES     64 /* taken in one call */

int
uevent_open(void)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		NETLINK_KOBJECT_UEVENT);
	int error;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* "add@/devices/...", then NUL-ended "KEY=value" texts. */
static bool
is_block(const char *text, size_t size)
{
	static const char key[] = "SUBSYSTEM=block";

	return memmem(text, size, key, sizeof(key)) != NULL;
}

bool
uevent_read(int fd)
{
	char text[4096];
	bool block = false;

	for (int i = 0; i < MESSAGES; i++) {
		ssize_t n = recv(fd, text, sizeof(text), MSG_TRUNC);

		if (n < 0 && errno == ENOBUFS)
			return true;
		if (n < 0)
			break;
		if ((size_t)n >= sizeof(text) || is_block(text, (size_t)n))
			block = true;
	}
	return block;
}
