/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_FIREWALL_RULE_H
#define BUILDER_FIREWALL_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config_net.h"

struct nftnl_rule;

/* What a packet has to be for a rule to match: each adds to the rule, as nft(8) would. */

enum rule_end { RULE_FROM, RULE_TO };

/* Bits of conntrack's states; linux/netfilter/nf_conntrack_common.h. */
#define RULE_INVALID	 1u
#define RULE_ESTABLISHED 2u
#define RULE_RELATED	 4u

void rule_states(struct nftnl_rule *rule, uint32_t states);

/* The link that it comes in by or leaves by. */
void rule_link(struct nftnl_rule *rule, bool leaves, const char *name);

/* IPv4 or IPv6: 4 or 6. Goes before addresses, the hop limit and ICMP types. */
void rule_family(struct nftnl_rule *rule, uint8_t family);
void rule_address(
	struct nftnl_rule *rule, enum rule_end end, const struct config_prefix *net);
void rule_hop_limit(struct nftnl_rule *rule, uint8_t hops);

/* IANA's number. Goes before ports. */
void rule_protocol(struct nftnl_rule *rule, uint8_t protocol);
void rule_ports(
	struct nftnl_rule *rule, enum rule_end end, uint16_t first, uint16_t last);

/* ICMP or ICMPv6 (family 4 or 6) of these types. */
void rule_icmp(struct nftnl_rule *rule, uint8_t family, uint8_t first, uint8_t last);

/* Packets a second, as many at once. Goes last: it counts what it is asked about. */
void rule_limit(struct nftnl_rule *rule, uint32_t rate);

/* NF_ACCEPT or NF_DROP; ends the rule. */
void rule_verdict(struct nftnl_rule *rule, int verdict);

#endif
