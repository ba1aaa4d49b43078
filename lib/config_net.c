/* SPDX-License-Identifier: ISC */
#include "config_net.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "codec.h"

static void
visit_fixed(struct codec *c, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		codec_u8(c, &bytes[i]);
}

static void
visit_prefix(struct codec *c, struct config_prefix *prefix)
{
	codec_u8(c, &prefix->family);
	codec_u8(c, &prefix->length);
	visit_fixed(c, prefix->bytes, sizeof(prefix->bytes));
}

static void
visit_link(struct codec *c, struct config_link *link)
{
	codec_string(c, &link->name);
	codec_u8(c, &link->kind);
	codec_u8(c, &link->flags);
	codec_u32(c, &link->mtu);
	codec_u8(c, &link->parent);
	codec_u16(c, &link->vlan);
	codec_string(c, &link->key);
	codec_u16(c, &link->port);
}

static void
visit_peer(struct codec *c, struct config_peer *peer)
{
	codec_u8(c, &peer->link);
	visit_fixed(c, peer->key, sizeof(peer->key));
	codec_string(c, &peer->preshared);
	visit_prefix(c, &peer->endpoint);
	codec_u16(c, &peer->port);
	codec_u16(c, &peer->keepalive);
}

static void
visit_route(struct codec *c, struct config_route *route)
{
	codec_u8(c, &route->link);
	visit_prefix(c, &route->to);
	visit_prefix(c, &route->via);
	codec_u32(c, &route->metric);
}

void
config_net_visit(struct codec *c, struct config_net *net)
{
	codec_count(c, &net->link_count, CONFIG_LINKS);
	for (size_t i = 0; !c->too_many && i < net->link_count; i++)
		visit_link(c, &net->links[i]);
	codec_count(c, &net->address_count, CONFIG_ADDRESSES);
	for (size_t i = 0; !c->too_many && i < net->address_count; i++) {
		codec_u8(c, &net->addresses[i].link);
		visit_prefix(c, &net->addresses[i].prefix);
	}
	codec_count(c, &net->route_count, CONFIG_ROUTES);
	for (size_t i = 0; !c->too_many && i < net->route_count; i++)
		visit_route(c, &net->routes[i]);
	codec_count(c, &net->peer_count, CONFIG_PEERS);
	for (size_t i = 0; !c->too_many && i < net->peer_count; i++)
		visit_peer(c, &net->peers[i]);
	codec_count(c, &net->allowed_count, CONFIG_ALLOWED);
	for (size_t i = 0; !c->too_many && i < net->allowed_count; i++) {
		codec_u8(c, &net->allowed[i].peer);
		visit_prefix(c, &net->allowed[i].prefix);
	}
	codec_bytes(c, &net->firewall, &net->firewall_size);
	codec_u8(c, &net->fail_open);
	codec_u8(c, &net->forward);
}

uint8_t
config_prefix_bits(uint8_t family)
{
	return family == 4 ? 32 : family == 6 ? 128 : 0;
}

static bool
is_prefix(const struct config_prefix *prefix, bool needed)
{
	if (prefix->family != 4 && prefix->family != 6 && (needed || prefix->family != 0))
		return false;
	return prefix->length <= config_prefix_bits(prefix->family);
}

static const char *
link_fault(const struct config_net *net, const struct config_link *link)
{
	size_t length = strlen(link->name);

	if (length == 0 || length > CONFIG_LINK_NAME || link->name[0] == '.' ||
		strchr(link->name, '/'))
		return "bad name of a link";
	if (link->kind >= LINK_KINDS || link->flags > LINK_FLAGS || link->mtu > 65535)
		return "bad kind, flags or size of a link";
	if (link->kind == LINK_VLAN &&
		(link->vlan < 1 || link->vlan > 4094 || link->parent >= net->link_count ||
			net->links[link->parent].kind != LINK_DEVICE))
		return "bad VLAN";
	if (link->kind == LINK_WIREGUARD && (!link->key || link->key[0] != '/'))
		return "WireGuard without a key";
	return NULL;
}

const char *
config_net_fault(const struct config_net *net)
{
	for (size_t i = 0; i < net->link_count; i++)
		if (link_fault(net, &net->links[i]))
			return link_fault(net, &net->links[i]);
	for (size_t i = 0; i < net->address_count; i++)
		if (net->addresses[i].link >= net->link_count ||
			!is_prefix(&net->addresses[i].prefix, true))
			return "bad address of a link";
	for (size_t i = 0; i < net->route_count; i++)
		if (net->routes[i].link >= net->link_count ||
			!is_prefix(&net->routes[i].to, true) ||
			!is_prefix(&net->routes[i].via, false))
			return "bad route";
	for (size_t i = 0; i < net->peer_count; i++)
		if (net->peers[i].link >= net->link_count ||
			net->links[net->peers[i].link].kind != LINK_WIREGUARD ||
			!is_prefix(&net->peers[i].endpoint, false))
			return "bad peer";
	for (size_t i = 0; i < net->allowed_count; i++)
		if (net->allowed[i].peer >= net->peer_count ||
			!is_prefix(&net->allowed[i].prefix, true))
			return "bad addresses of a peer";
	if (net->firewall_size > CONFIG_FIREWALL)
		return "firewall larger than one message";
	if (net->fail_open > 1 || net->forward > 1)
		return "bad flag of the firewall";
	return NULL;
}
