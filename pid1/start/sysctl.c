/* SPDX-License-Identifier: ISC */
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/config_net.h"
#include "pid1/log/log.h"

/* A key that the kernel does not have (no IPv6) is nothing to say. */
static void
set(const char *folder, const char *link, const char *key, const char *value)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s%s%s%s", folder, link,
		*link ? "/" : "", key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		log_say("%s: cannot write %s: %s", path, value, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* Some hold where "all" or the link says so, others where both do: so all of them say it. */
static void
set_safe(const char *link, const char *rp_filter)
{
	static const struct {
		const char *folder, *key, *value;
	} safe[] = {
		{"ipv4/conf/", "accept_redirects", "0"},
		{"ipv4/conf/", "secure_redirects", "0"},
		{"ipv4/conf/", "send_redirects", "0"},
		{"ipv4/conf/", "accept_source_route", "0"},
		{"ipv6/conf/", "accept_redirects", "0"},
		{"ipv6/conf/", "accept_source_route", "-1"},
	};

	for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
		set(safe[i].folder, link, safe[i].key, safe[i].value);
	set("ipv4/conf/", link, "rp_filter", rp_filter);
}

void
sysctl_network(bool forward)
{
	/* First: it puts others back to what suits a host or a router. */
	set("ipv4/", "", "ip_forward", forward ? "1" : "0");
	set("ipv6/conf/", "all", "forwarding", forward ? "1" : "0");
	set("ipv6/conf/", "default", "forwarding", forward ? "1" : "0");
	set_safe("all", "1");
	set_safe("default", "1");
	set("ipv6/conf/", "default", "accept_ra", "0");
}

void
sysctl_link(const char *name, uint8_t flags, bool forward)
{
	const bool automatic = flags & LINK_AUTO;

	set_safe(name, flags & LINK_LOOSE ? "2" : "1");
	/* The client adds a new address before it takes the old one away. */
	if (flags & LINK_DHCP)
		set("ipv4/conf/", name, "promote_secondaries", "1");
	set("ipv6/conf/", name, "autoconf", automatic ? "1" : "0");
	/* 2: also as a router. */
	set("ipv6/conf/", name, "accept_ra", !automatic ? "0" : forward ? "2" : "1");
}
