/* SPDX-License-Identifier: ISC */
#include "address.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/config_net.h"
#include "netlink.h"

const char *
address_text(const struct config_prefix *p, char text[ADDRESS_TEXT])
{
	/* inet_ntop(3) is 2 KB of code for a message */
	size_t at = 0;

	for (unsigned i = 0; p->family == 4 && i < 4; i++)
		at += (size_t)snprintf(
			text + at, ADDRESS_TEXT - at, "%s%u", i ? "." : "", p->bytes[i]);
	for (unsigned i = 0; p->family == 6 && i < 16; i += 2)
		at += (size_t)snprintf(text + at, ADDRESS_TEXT - at, "%s%x", i ? ":" : "",
			(unsigned)p->bytes[i] << 8 | p->bytes[i + 1]);
	snprintf(text + at, ADDRESS_TEXT - at, "/%u", p->length);
	return text;
}

int
address_read(const struct nlmsghdr *message, struct config_prefix *prefix)
{
	struct ifaddrmsg header;
	const void *bytes;
	size_t most;

	if (message->nlmsg_type != RTM_NEWADDR ||
		message->nlmsg_len < sizeof(*message) + sizeof(header))
		return 0;
	memcpy(&header, message + 1, sizeof(header));
	if (header.ifa_family != AF_INET && header.ifa_family != AF_INET6)
		return 0;
	*prefix = (struct config_prefix){
		.family = header.ifa_family == AF_INET ? 4 : 6,
		.length = header.ifa_prefixlen,
	};
	most = config_prefix_bits(prefix->family) / 8U;
	/* On a link between two, IFA_ADDRESS is the other end's. */
	bytes = netlink_find(message, sizeof(header), IFA_LOCAL, most, NULL);
	if (!bytes)
		bytes = netlink_find(message, sizeof(header), IFA_ADDRESS, most, NULL);
	if (!bytes || header.ifa_index > INT32_MAX)
		return 0;
	memcpy(prefix->bytes, bytes, most);
	return (int)header.ifa_index;
}

static void
add(const struct nlmsghdr *message, int index, char *text, size_t size)
{
	struct config_prefix prefix;
	char one[ADDRESS_TEXT];
	size_t at = strlen(text);

	if (address_read(message, &prefix) != index)
		return;
	address_text(&prefix, one);
	if (at + 1 + strlen(one) < size)
		snprintf(text + at, size - at, "%s%s", at ? " " : "", one);
}

void
address_list(int index, char *text, size_t size)
{
	static struct netlink_message message;
	const struct ifaddrmsg header = {.ifa_family = AF_UNSPEC};
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	bool more = true;
	int fd;

	text[0] = '\0';
	fd = index > 0 ? netlink_open(NETLINK_ROUTE, 0) : -1;
	if (fd < 0)
		return;
	netlink_begin(&message, RTM_GETADDR, NLM_F_DUMP, &header, sizeof(header));
	if (sendto(fd, message.data, message.size, 0, (const struct sockaddr *)&kernel,
		    sizeof(kernel)) < 0)
		more = false;
	/* The kernel makes the next part while the one before is read. */
	while (more) {
		ssize_t n = netlink_receive(fd, message.data, sizeof(message.data));
		const uint8_t *data = message.data;
		size_t left = n > 0 ? (size_t)n : 0;
		const struct nlmsghdr *one;

		more = n > 0;
		while ((one = netlink_next(&data, &left))) {
			if (one->nlmsg_type == NLMSG_DONE ||
				one->nlmsg_type == NLMSG_ERROR)
				more = false;
			add(one, index, text, size);
		}
	}
	close(fd);
}
