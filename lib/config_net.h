/* SPDX-License-Identifier: ISC */
#ifndef LIB_CONFIG_NET_H
#define LIB_CONFIG_NET_H

#include <stdint.h>

struct codec;

/*
 * The board's [links] and [firewall]; board(5). Flat tables that name their link (or peer)
 * by index, in the order of the file. Addresses are in network byte order.
 */
#define CONFIG_LINKS	 16
#define CONFIG_ADDRESSES 32
#define CONFIG_ROUTES	 32
#define CONFIG_PEERS	 32
#define CONFIG_ALLOWED	 64
#define CONFIG_LINK_NAME 15 /* bytes: the kernel's IFNAMSIZ less the NUL */
#define CONFIG_FIREWALL	 (128 << 10) /* bytes: what one netlink message may have */

enum link_kind {
	LINK_DEVICE, /* comes from a driver, sooner or later */
	LINK_VLAN,
	LINK_WIREGUARD,
	LINK_KINDS
};

#define LINK_DHCP  1 /* a service gets its address */
#define LINK_AUTO  2 /* IPv6 addresses and routes by router advertisements */
#define LINK_LOOSE 4 /* packets may come in by another link than answers leave by */
#define LINK_FLAGS 7

struct config_prefix {
	uint8_t family; /* 4, 6, or 0 for none */
	uint8_t length; /* bits */
	uint8_t bytes[16];
};

struct config_link {
	const char *name;
	uint8_t kind; /* enum link_kind */
	uint8_t flags;
	uint32_t mtu; /* 0: the driver's */
	uint8_t parent; /* of a VLAN: a link of kind LINK_DEVICE */
	uint16_t vlan; /* 1 to 4094 */
	const char *key; /* of WireGuard: the file with the private key; else "" */
	uint16_t port; /* it listens on; 0: any */
};

struct config_address {
	uint8_t link;
	struct config_prefix prefix; /* the host's address and its net's length */
};

struct config_route {
	uint8_t link;
	struct config_prefix to;
	struct config_prefix via; /* family 0: on the link */
	uint32_t metric; /* 0: the kernel's own */
};

struct config_peer {
	uint8_t link;
	uint8_t key[32];
	const char *preshared; /* file with a key; "": none */
	struct config_prefix endpoint; /* family 0: it calls us */
	uint16_t port, keepalive; /* keepalive: seconds; 0: none */
};

struct config_allowed {
	uint8_t peer;
	struct config_prefix prefix;
};

struct config_net {
	struct config_link links[CONFIG_LINKS];
	struct config_address addresses[CONFIG_ADDRESSES];
	struct config_route routes[CONFIG_ROUTES];
	struct config_peer peers[CONFIG_PEERS];
	struct config_allowed allowed[CONFIG_ALLOWED];
	uint16_t link_count, address_count, route_count, peer_count, allowed_count;
	/* An nfnetlink batch that makes all rules; size 0: no firewall. */
	const uint8_t *firewall;
	uint32_t firewall_size;
	uint8_t fail_open; /* 1: links come up even if it could not be loaded */
	uint8_t forward; /* 1: packets pass from link to link */
};

void config_net_visit(struct codec *c, struct config_net *net);

/* What pid1 counts on: what is wrong, or NULL. */
const char *config_net_fault(const struct config_net *net);

/* Bits of an address of the family: 32, 128, 0. */
uint8_t config_prefix_bits(uint8_t family);

#endif
