/* SPDX-License-Identifier: ISC */
#ifndef PID1_LINK_MESSAGE_H
#define PID1_LINK_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

struct config_link;
struct config_prefix;
struct config_route;
struct netlink_message;
struct nlmsghdr;

/* The rtnetlink(7) messages that a link takes, each built anew in m. */
void link_ask(struct netlink_message *m, const char *name);
void link_make(struct netlink_message *m, const struct config_link *link, int parent);
void link_set_mtu(struct netlink_message *m, int index, uint32_t mtu);
void link_set_up(struct netlink_message *m, int index);
void link_set_down(struct netlink_message *m, int index);
void link_address(struct netlink_message *m, int index, const struct config_prefix *p);
void link_route(struct netlink_message *m, int index, const struct config_route *route);

/* What the kernel says of a link: false if the message is no such. */
struct link_news {
	bool gone; /* it is deleted */
	bool up, carrier;
	int index;
	char name[16];
};
bool link_read(const struct nlmsghdr *message, struct link_news *news);

/* The index of the link that a new route, none of link_route()'s, leaves by; 0: the message
 * is no such. */
int link_read_route(const struct nlmsghdr *message);

#endif
