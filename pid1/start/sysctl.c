/* SPDX-License-Identifier: ISC */
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/config_net.h"
#include "pid1/log/log.h"

/* The folder of a link's keys, below which they are found faster; -1: no such protocol. */
static int
open_keys(const char *folder, const char *link)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/%s/%s", folder, link);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* A key that the kernel does not have (no IPv6) is nothing to say. */
static void
set(int keys_fd, const char *link, const char *key, const char *value)
{
	int fd = keys_fd < 0 ? -1 : openat(keys_fd, key, O_WRONLY | O_CLOEXEC);

	if (keys_fd < 0 || (fd < 0 && errno == ENOENT))
		return;
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		log_say("/proc/sys/net: cannot write %s to %s of %s: %s", value, key,
			link, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* Some hold where "all" or the link says so, others where both do: so all of them say it. */
static void
set_safe(int ipv4, int ipv6, const char *link, const char *rp_filter)
{
	set(ipv4, link, "accept_redirects", "0");
	set(ipv4, link, "secure_redirects", "0");
	set(ipv4, link, "send_redirects", "0");
	set(ipv4, link, "accept_source_route", "0");
	set(ipv4, link, "rp_filter", rp_filter);
	set(ipv6, link, "accept_redirects", "0");
	set(ipv6, link, "accept_source_route", "-1");
}

static void
close_keys(int ipv4, int ipv6)
{
	if (ipv4 >= 0)
		close(ipv4);
	if (ipv6 >= 0)
		close(ipv6);
}

void
sysctl_network(bool forward)
{
	static const char *const links[] = {"all", "default"};
	int ipv4 = open_keys("ipv4", ""), ipv6;

	/* First: it puts others back to what suits a host or a router. */
	set(ipv4, "ipv4", "ip_forward", forward ? "1" : "0");
	close_keys(ipv4, -1);
	for (size_t i = 0; i < 2; i++) {
		ipv4 = open_keys("ipv4/conf", links[i]);
		ipv6 = open_keys("ipv6/conf", links[i]);
		set(ipv6, links[i], "forwarding", forward ? "1" : "0");
		set_safe(ipv4, ipv6, links[i], "1");
		if (i > 0)
			set(ipv6, links[i], "accept_ra", "0");
		close_keys(ipv4, ipv6);
	}
}

void
sysctl_link(const char *name, uint8_t flags, bool forward)
{
	const bool automatic = flags & LINK_AUTO;
	int ipv4 = open_keys("ipv4/conf", name), ipv6 = open_keys("ipv6/conf", name);

	set_safe(ipv4, ipv6, name, flags & LINK_LOOSE ? "2" : "1");
	/* The client adds a new address before it takes the old one away. */
	if (flags & LINK_DHCP)
		set(ipv4, name, "promote_secondaries", "1");
	set(ipv6, name, "autoconf", automatic ? "1" : "0");
	/* 2: also as a router. */
	set(ipv6, name, "accept_ra", !automatic ? "0" : forward ? "2" : "1");
	close_keys(ipv4, ipv6);
}
