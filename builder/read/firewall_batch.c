/* SPDX-License-Identifier: ISC */
#include "firewall_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* They count on those above. */
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include "firewall_rule.h"
#include "builder/base/say.h"
#include "builder/base/xalloc.h"

#define LARGEST 8192 /* bytes: more than any one message has */

static const char *const chains[] = {"input", "forward", "output"};
static const uint32_t hooks[] = {NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT};

struct batch {
	uint8_t *data; /* zeros behind size */
	size_t size;
	uint32_t sequence;
	bool full;
};

static char *
end_of(struct batch *b)
{
	if (b->size > CONFIG_FIREWALL) {
		b->full = true;
		b->size = 0;
	}
	return (char *)b->data + b->size;
}

static void
add(struct batch *b, const struct nlmsghdr *message)
{
	b->size += NLMSG_ALIGN(message->nlmsg_len);
	b->sequence++;
}

static struct nlmsghdr *
begin(struct batch *b, uint16_t type, uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(end_of(b), type, NFPROTO_INET, flags, b->sequence);
}

static void
add_table(struct batch *b, uint16_t type, uint16_t flags)
{
	struct nftnl_table *table = nftnl_table_alloc();
	struct nlmsghdr *message = begin(b, type, flags);

	if (!table)
		die("out of memory");
	nftnl_table_set_str(table, NFTNL_TABLE_NAME, FIREWALL_TABLE);
	nftnl_table_nlmsg_build_payload(message, table);
	nftnl_table_free(table);
	add(b, message);
}

static void
add_chain(struct batch *b, enum firewall_chain which)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();
	struct nlmsghdr *message = begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);

	if (!chain)
		die("out of memory");
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, FIREWALL_TABLE);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, chains[which]);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hooks[which]);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, 0);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_DROP);
	nftnl_chain_nlmsg_build_payload(message, chain);
	nftnl_chain_free(chain);
	add(b, message);
}

static struct nftnl_rule *
rule_in(enum firewall_chain which)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (!rule)
		die("out of memory");
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, FIREWALL_TABLE);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chains[which]);
	return rule;
}

/* With its verdict, behind those that the chain has. */
static void
add_rule(struct batch *b, struct nftnl_rule *rule, int verdict)
{
	struct nlmsghdr *message = begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	rule_verdict(rule, verdict);
	nftnl_rule_nlmsg_build_payload(message, rule);
	nftnl_rule_free(rule);
	add(b, message);
}

/* What each chain begins with: answers pass, what belongs to nothing does not. */
static void
add_states(struct batch *b, enum firewall_chain which)
{
	struct nftnl_rule *rule = rule_in(which);

	rule_states(rule, RULE_ESTABLISHED | RULE_RELATED);
	add_rule(b, rule, NF_ACCEPT);
	rule = rule_in(which);
	rule_states(rule, RULE_INVALID);
	add_rule(b, rule, NF_DROP);
}

static void
add_loopback(struct batch *b, enum firewall_chain which)
{
	struct nftnl_rule *rule = rule_in(which);

	rule_link(rule, which == FIREWALL_OUTPUT, "lo");
	add_rule(b, rule, NF_ACCEPT);
}

/*
 * Without neighbours and router advertisements there is no IPv6 (RFC 4890, 4.4.1). From
 * another net they cannot come: their hop limit would not be 255. Neither can queries and
 * reports of groups, whose senders' addresses are of the link (RFC 3810, 5).
 */
static void
add_neighbours(struct batch *b, enum firewall_chain which)
{
	static const uint8_t groups[][2] = {{130, 132}, {143, 143}};
	const struct config_prefix link = {
		.family = 6, .length = 10, .bytes = {0xfe, 0x80}};
	struct nftnl_rule *rule = rule_in(which);

	rule_family(rule, 6);
	rule_hop_limit(rule, 255);
	rule_icmp(rule, 6, 133, 136);
	add_rule(b, rule, NF_ACCEPT);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		rule = rule_in(which);
		rule_family(rule, 6);
		/* A report may leave before the sender's address is its own. */
		if (which == FIREWALL_INPUT)
			rule_address(rule, RULE_FROM, &link);
		rule_icmp(rule, 6, groups[i][0], groups[i][1]);
		add_rule(b, rule, NF_ACCEPT);
	}
}

/* A server's offer is no answer to the broadcast that asked for it (RFC 2131, 4.1). */
static void
add_dhcp(struct batch *b, enum firewall_chain which, const struct config_net *net)
{
	const bool out = which == FIREWALL_OUTPUT;

	for (size_t i = 0; i < net->link_count; i++) {
		struct nftnl_rule *rule;

		if (!(net->links[i].flags & LINK_DHCP))
			continue;
		rule = rule_in(which);
		rule_link(rule, out, net->links[i].name);
		rule_family(rule, 4);
		rule_protocol(rule, IPPROTO_UDP);
		rule_ports(rule, RULE_FROM, out ? 68 : 67, out ? 68 : 67);
		rule_ports(rule, RULE_TO, out ? 67 : 68, out ? 67 : 68);
		add_rule(b, rule, NF_ACCEPT);
	}
}

/* One declared rule for a family of addresses; 0: any. */
static void
add_declared(struct batch *b, const struct firewall_rule *r, uint8_t family)
{
	struct nftnl_rule *rule = rule_in((enum firewall_chain)r->chain);

	if (r->in[0])
		rule_link(rule, false, r->in);
	if (r->out[0])
		rule_link(rule, true, r->out);
	if (family)
		rule_family(rule, family);
	if (r->from.family)
		rule_address(rule, RULE_FROM, &r->from);
	if (r->to.family)
		rule_address(rule, RULE_TO, &r->to);
	if (r->what == FIREWALL_ECHO)
		rule_icmp(rule, family, family == 4 ? 8 : 128, family == 4 ? 8 : 128);
	else if (r->what != FIREWALL_ALL)
		rule_protocol(rule, r->protocol);
	if (r->what == FIREWALL_PORTS)
		rule_ports(rule, RULE_TO, r->first, r->last);
	if (r->limit)
		rule_limit(rule, r->limit);
	add_rule(b, rule, NF_ACCEPT);
}

static void
add_all_declared(
	struct batch *b, enum firewall_chain which, const struct firewall *firewall)
{
	for (size_t i = 0; i < firewall->count; i++) {
		const struct firewall_rule *r = &firewall->rule[i];
		uint8_t family = r->from.family ? r->from.family : r->to.family;

		if (r->chain != which)
			continue;
		if (r->what == FIREWALL_ECHO && !family) {
			add_declared(b, r, 4);
			family = 6;
		}
		add_declared(b, r, family);
	}
}

static void
fill(struct batch *b, const struct firewall *firewall, const struct config_net *net)
{
	struct nlmsghdr *end;

	add(b, nftnl_batch_begin(end_of(b), b->sequence));
	/* In place of one that is there: the first makes sure that it can be deleted. */
	add_table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	add_table(b, NFT_MSG_DELTABLE, 0);
	add_table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	for (unsigned i = FIREWALL_INPUT; i <= FIREWALL_OUTPUT; i++) {
		const enum firewall_chain which = (enum firewall_chain)i;

		if (which == FIREWALL_OUTPUT && !firewall->output)
			continue;
		add_chain(b, which);
		if (which != FIREWALL_FORWARD)
			add_loopback(b, which);
		add_states(b, which);
		if (which != FIREWALL_FORWARD) {
			add_neighbours(b, which);
			add_dhcp(b, which, net);
		}
		add_all_declared(b, which, firewall);
	}
	end = nftnl_batch_end(end_of(b), b->sequence);
	end->nlmsg_flags |= NLM_F_ACK;
	add(b, end);
}

int
firewall_compile(const struct firewall *firewall, const struct config_net *net,
	uint8_t **batch, uint32_t *size)
{
	struct batch b = {.data = xcalloc(1, CONFIG_FIREWALL + LARGEST)};

	fill(&b, firewall, net);
	if (b.full || b.size > CONFIG_FIREWALL) {
		free(b.data);
		return -E2BIG;
	}
	*batch = xrealloc(b.data, b.size, 1);
	*size = (uint32_t)b.size;
	return 0;
}
