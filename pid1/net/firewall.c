/* SPDX-License-Identifier: ISC */
#include "firewall.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

/* The last message of the batch asks for an answer, a failing one gets one anyway. Each of
 * them counts: a commit that fails is told beside an answer that all was well. */
int
firewall_verdict(const uint8_t *data, size_t size, int before)
{
	const struct nlmsghdr *message;

	while ((message = netlink_next(&data, &size))) {
		int verdict = netlink_verdict(message);

		if (verdict < 0 && (before == 0 || before == -EPROTO))
			before = verdict;
		else if (verdict == 0 && before == -EPROTO)
			before = 0;
	}
	return before;
}

int
firewall_load(const uint8_t *batch, size_t size)
{
	static struct netlink_message said;
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int r = -EPROTO, fd = netlink_open(NETLINK_NETFILTER, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	if (sendto(fd, batch, size, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) <
		0)
		r = -errno;
	/* They are there when sendto(2) returns. */
	while ((n = netlink_receive(fd, said.data, sizeof(said.data))) > 0)
		r = firewall_verdict(said.data, (size_t)n, r);
	if (n < 0 && errno != EAGAIN && (r == 0 || r == -EPROTO))
		r = -errno;
	close(fd);
	return r;
}
