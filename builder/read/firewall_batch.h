/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_FIREWALL_BATCH_H
#define BUILDER_FIREWALL_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/config_net.h"

#define FIREWALL_RULES 256
#define FIREWALL_TABLE "ingot"

enum firewall_chain { FIREWALL_INPUT, FIREWALL_FORWARD, FIREWALL_OUTPUT };

enum firewall_what {
	FIREWALL_ALL,
	FIREWALL_PORTS, /* of the protocol: TCP or UDP */
	FIREWALL_PROTOCOL,
	FIREWALL_ECHO, /* requests of ICMP and ICMPv6 */
};

/* What is let through; made zero as a whole, so that two can be compared by their bytes. */
struct firewall_rule {
	uint8_t chain; /* enum firewall_chain */
	uint8_t what; /* enum firewall_what */
	uint8_t protocol; /* IANA's number */
	uint16_t first, last; /* ports of the receiver, network order nowhere */
	struct config_prefix from, to; /* family 0: any */
	char in[CONFIG_LINK_NAME + 1], out[CONFIG_LINK_NAME + 1]; /* "": any link */
	uint32_t limit; /* packets a second that match; 0: any number */
};

struct firewall {
	struct firewall_rule rule[FIREWALL_RULES];
	size_t count;
	bool output; /* what leaves is held to rules, too */
};

/*
 * The nfnetlink batch that makes the table as a whole, for the kernel that it is sent to;
 * nothing of the host or the time is in it. Links with LINK_DHCP may hear their server.
 * Only its last message asks for an answer, which Linux gives since 6.10 once all of it
 * holds. 0 with *batch the caller's to free, or -E2BIG: more than CONFIG_FIREWALL.
 */
int firewall_compile(const struct firewall *firewall, const struct config_net *net,
	uint8_t **batch, uint32_t *size);

#endif
