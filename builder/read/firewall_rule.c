/* SPDX-License-Identifier: ISC */
#include "firewall_rule.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* They count on those above. */
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "builder/base/say.h"

#define REGISTER NFT_REG_1 /* 16 bytes, used from one load to its comparison */

static struct nftnl_expr *
expression(const char *name)
{
	struct nftnl_expr *e = nftnl_expr_alloc(name);

	if (!e)
		die("libnftnl: cannot make an expression \"%s\"", name);
	return e;
}

static void
compare(struct nftnl_rule *rule, uint32_t how, const void *data, size_t size)
{
	struct nftnl_expr *e = expression("cmp");

	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, REGISTER);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, how);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, (uint32_t)size);
	nftnl_rule_add_expr(rule, e);
}

/* One value, or all from the first to the last. */
static void
compare_range(struct nftnl_rule *rule, const void *first, const void *last, size_t size)
{
	if (memcmp(first, last, size) == 0) {
		compare(rule, NFT_CMP_EQ, first, size);
		return;
	}
	compare(rule, NFT_CMP_GTE, first, size);
	compare(rule, NFT_CMP_LTE, last, size);
}

static void
load_meta(struct nftnl_rule *rule, uint32_t key)
{
	struct nftnl_expr *e = expression("meta");

	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, REGISTER);
	nftnl_rule_add_expr(rule, e);
}

static void
load_payload(struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint32_t size)
{
	struct nftnl_expr *e = expression("payload");

	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, size);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, REGISTER);
	nftnl_rule_add_expr(rule, e);
}

static void
mask(struct nftnl_rule *rule, const void *bits, uint32_t size)
{
	static const uint8_t zero[16];
	struct nftnl_expr *e = expression("bitwise");

	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, REGISTER);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, REGISTER);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, size);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, bits, size);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, zero, size);
	nftnl_rule_add_expr(rule, e);
}

void
rule_states(struct nftnl_rule *rule, uint32_t states)
{
	static const uint32_t none;
	struct nftnl_expr *e = expression("ct");

	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, NFT_CT_STATE);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_DREG, REGISTER);
	nftnl_rule_add_expr(rule, e);
	/* The kernel's own number: hosts and devices are little-endian, all of them. */
	mask(rule, &states, sizeof(states));
	compare(rule, NFT_CMP_NEQ, &none, sizeof(none));
}

void
rule_link(struct nftnl_rule *rule, bool leaves, const char *name)
{
	char padded[16] = ""; /* IFNAMSIZ */

	strncpy(padded, name, sizeof(padded) - 1);
	load_meta(rule, leaves ? NFT_META_OIFNAME : NFT_META_IIFNAME);
	compare(rule, NFT_CMP_EQ, padded, sizeof(padded));
}

void
rule_family(struct nftnl_rule *rule, uint8_t family)
{
	const uint8_t protocol = family == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6;

	load_meta(rule, NFT_META_NFPROTO);
	compare(rule, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

/* Where the addresses stand: RFC 791, 3.1, and RFC 8200, 3. */
void
rule_address(struct nftnl_rule *rule, enum rule_end end, const struct config_prefix *net)
{
	const uint32_t size = net->family == 4 ? 4 : 16;
	const uint32_t first = net->family == 4 ? 12 : 8;
	uint8_t bits[16] = {0};

	if (net->length == 0)
		return;
	load_payload(rule, NFT_PAYLOAD_NETWORK_HEADER,
		end == RULE_FROM ? first : first + size, size);
	for (unsigned i = 0; i < net->length; i++)
		bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
	if (net->length < 8 * size)
		mask(rule, bits, size);
	compare(rule, NFT_CMP_EQ, net->bytes, size);
}

void
rule_hop_limit(struct nftnl_rule *rule, uint8_t hops)
{
	load_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, 7, sizeof(hops));
	compare(rule, NFT_CMP_EQ, &hops, sizeof(hops));
}

void
rule_protocol(struct nftnl_rule *rule, uint8_t protocol)
{
	load_meta(rule, NFT_META_L4PROTO);
	compare(rule, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

void
rule_ports(struct nftnl_rule *rule, enum rule_end end, uint16_t first, uint16_t last)
{
	const uint16_t ports[] = {htons(first), htons(last)};

	load_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, end == RULE_FROM ? 0 : 2,
		sizeof(ports[0]));
	compare_range(rule, &ports[0], &ports[1], sizeof(ports[0]));
}

void
rule_icmp(struct nftnl_rule *rule, uint8_t family, uint8_t first, uint8_t last)
{
	rule_protocol(rule, family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	load_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 0, sizeof(first));
	compare_range(rule, &first, &last, sizeof(first));
}

void
rule_limit(struct nftnl_rule *rule, uint32_t rate)
{
	struct nftnl_expr *e = expression("limit");

	nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_RATE, rate);
	nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_UNIT, 1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_BURST, rate);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LIMIT_FLAGS, 0);
	nftnl_rule_add_expr(rule, e);
}

void
rule_verdict(struct nftnl_rule *rule, int verdict)
{
	struct nftnl_expr *e = expression("immediate");

	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	nftnl_rule_add_expr(rule, e);
}
