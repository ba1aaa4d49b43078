/* SPDX-License-Identifier: ISC */
#include "link_message.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "lib/config_net.h"
#include "netlink.h"

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP (1 << 16) /* <linux/if.h>, which does not go with <net/if.h> */
#endif

static uint8_t
family_of(const struct config_prefix *prefix)
{
	return prefix->family == 4 ? AF_INET : AF_INET6;
}

static size_t
bytes_of(const struct config_prefix *prefix)
{
	return config_prefix_bits(prefix->family) / 8U;
}

void
link_ask(struct netlink_message *m, const char *name)
{
	const struct ifinfomsg header = {.ifi_family = AF_UNSPEC};

	netlink_begin(m, RTM_GETLINK, 0, &header, sizeof(header));
	netlink_put_string(m, IFLA_IFNAME, name);
	netlink_put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

void
link_make(struct netlink_message *m, const struct config_link *link, int parent)
{
	const struct ifinfomsg header = {.ifi_family = AF_UNSPEC};
	size_t info, data;

	netlink_begin(m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	netlink_put_string(m, IFLA_IFNAME, link->name);
	if (link->kind == LINK_VLAN)
		netlink_put_u32(m, IFLA_LINK, (uint32_t)parent);
	info = netlink_nest(m, IFLA_LINKINFO);
	if (link->kind == LINK_VLAN) {
		netlink_put_string(m, IFLA_INFO_KIND, "vlan");
		data = netlink_nest(m, IFLA_INFO_DATA);
		netlink_put_u16(m, IFLA_VLAN_ID, link->vlan);
		netlink_nest_end(m, data);
	} else {
		netlink_put_string(m, IFLA_INFO_KIND, "wireguard");
	}
	netlink_nest_end(m, info);
}

void
link_set_mtu(struct netlink_message *m, int index, uint32_t mtu)
{
	const struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index};

	netlink_begin(m, RTM_NEWLINK, 0, &header, sizeof(header));
	netlink_put_u32(m, IFLA_MTU, mtu);
}

static void
set_flags(struct netlink_message *m, int index, unsigned flags)
{
	const struct ifinfomsg header = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = index,
		.ifi_flags = flags,
		.ifi_change = IFF_UP,
	};

	netlink_begin(m, RTM_NEWLINK, 0, &header, sizeof(header));
}

void
link_set_up(struct netlink_message *m, int index)
{
	set_flags(m, index, IFF_UP);
}

void
link_set_down(struct netlink_message *m, int index)
{
	set_flags(m, index, 0);
}

void
link_address(struct netlink_message *m, int index, const struct config_prefix *p)
{
	const struct ifaddrmsg header = {
		.ifa_family = family_of(p),
		.ifa_prefixlen = p->length,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = (uint32_t)index,
	};

	netlink_begin(
		m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));
	netlink_put(m, IFA_LOCAL, p->bytes, bytes_of(p));
	netlink_put(m, IFA_ADDRESS, p->bytes, bytes_of(p));
	if (p->family == 4 && p->length < 31) {
		uint8_t all[4];

		for (unsigned i = 0; i < 32; i++) {
			uint8_t bit = (uint8_t)(0x80 >> i % 8);

			if (i % 8 == 0)
				all[i / 8] = p->bytes[i / 8];
			if (i >= p->length)
				all[i / 8] |= bit;
		}
		netlink_put(m, IFA_BROADCAST, all, sizeof(all));
	}
}

void
link_route(struct netlink_message *m, int index, const struct config_route *route)
{
	const struct rtmsg header = {
		.rtm_family = family_of(&route->to),
		.rtm_dst_len = route->to.length,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = route->via.family == 0 && route->to.family == 4
				     ? RT_SCOPE_LINK
				     : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};

	netlink_begin(
		m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));
	if (route->to.length > 0)
		netlink_put(m, RTA_DST, route->to.bytes, bytes_of(&route->to));
	if (route->via.family)
		netlink_put(m, RTA_GATEWAY, route->via.bytes, bytes_of(&route->via));
	netlink_put_u32(m, RTA_OIF, (uint32_t)index);
	if (route->metric)
		netlink_put_u32(m, RTA_PRIORITY, route->metric);
}

bool
link_read(const struct nlmsghdr *message, struct link_news *news)
{
	struct ifinfomsg header;
	const char *name;
	size_t size;

	if ((message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) ||
		message->nlmsg_len < sizeof(*message) + sizeof(header))
		return false;
	memcpy(&header, message + 1, sizeof(header));
	name = netlink_find(message, sizeof(header), IFLA_IFNAME, 2, &size);
	/* Bridges tell of their ports in a family of their own. */
	if (header.ifi_family != AF_UNSPEC || header.ifi_index <= 0 || !name)
		return false;
	*news = (struct link_news){
		.gone = message->nlmsg_type == RTM_DELLINK,
		.up = header.ifi_flags & IFF_UP,
		.carrier = header.ifi_flags & IFF_LOWER_UP,
		.index = header.ifi_index,
	};
	if (size > sizeof(news->name))
		size = sizeof(news->name);
	memcpy(news->name, name, size - 1);
	return true;
}

int
link_read_route(const struct nlmsghdr *message)
{
	struct rtmsg header;
	const void *found;
	int index;

	if (message->nlmsg_type != RTM_NEWROUTE ||
		message->nlmsg_len < sizeof(*message) + sizeof(header))
		return 0;
	memcpy(&header, message + 1, sizeof(header));
	if (header.rtm_table != RT_TABLE_MAIN || header.rtm_type != RTN_UNICAST ||
		header.rtm_protocol == RTPROT_STATIC || header.rtm_flags & RTM_F_CLONED)
		return 0;
	found = netlink_find(message, sizeof(header), RTA_OIF, sizeof(index), NULL);
	if (!found)
		return 0;
	memcpy(&index, found, sizeof(index));
	return index > 0 ? index : 0;
}
