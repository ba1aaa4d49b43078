/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "pid1/net/netlink.c"

#include "pid1/net/firewall.c"
#include "pid1/net/link_message.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever a kernel may say: names end, nothing outside of the bytes is read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1); /* aligned, as the receiving buffer is */
	const uint8_t *at = copy;
	size_t left = size;
	const struct nlmsghdr *message;
	struct link_news news;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	while ((message = netlink_next(&at, &left))) {
		if (link_read_route(message) < 0)
			abort();
		if (link_read(message, &news) &&
			(news.index <= 0 || strlen(news.name) >= sizeof(news.name)))
			abort();
	}
	if (firewall_verdict(copy, size, -EPROTO) > 0)
		abort();
	free(copy);
	return 0;
}
