/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "address.h"
#include "board.h"
#include "board_layers.h"
#include "board_links.h"
#include "board_net.h"
#include "builder/base/field.h"

struct config_link *
links_link(const struct links_reader *r)
{
	return &r->net->config.links[r->link];
}

int
links_bad(const struct links_reader *r, const char *want, const char *got)
{
	return ini_bad(r->f->ini, r->f->entry, r->e, "%s: %s, got \"%.80s\"", r->verb,
		want, got);
}

int
links_full(const struct links_reader *r, const char *what, int most)
{
	return ini_bad(r->f->ini, r->f->entry, r->e,
		"want at most %d %s on all links together", most, what);
}

const char *
links_keep(struct board_net *net, const char *text)
{
	if (strlist_add(&net->kept, text) < 0)
		abort();
	return net->kept.item[net->kept.count - 1];
}

/* The next word, NULL at the end. */
const char *
links_next(struct links_reader *r)
{
	return r->at < r->words.count ? r->words.item[r->at++] : NULL;
}

bool
links_next_is(struct links_reader *r, const char *word)
{
	if (r->at == r->words.count || strcmp(r->words.item[r->at], word) != 0)
		return false;
	r->at++;
	return true;
}

/* The next word, never NULL: what is wrong is then said by who reads it. */
const char *
links_value(struct links_reader *r)
{
	const char *word = links_next(r);

	return word ? word : "";
}

int
links_number(struct links_reader *r, unsigned long least, unsigned long most,
	const char *want, unsigned long *number)
{
	const char *word = links_value(r);
	char *end;

	*number = 0;
	if (word[0] >= '1' && word[0] <= '9' && strlen(word) <= 10) {
		*number = strtoul(word, &end, 10);
		if (*end == '\0' && *number >= least && *number <= most)
			return 0;
	}
	return links_bad(r, want, word);
}

int
links_path(struct links_reader *r, const char **path)
{
	const char *word = links_value(r);

	if (path_fault(word))
		return links_bad(r, path_fault(word), word);
	*path = links_keep(r->net, word);
	return 0;
}

static int
read_address(struct links_reader *r)
{
	struct config_net *net = &r->net->config;
	struct config_address *address = &net->addresses[net->address_count];
	const char *word = links_value(r), *why;

	if (net->address_count == CONFIG_ADDRESSES)
		return links_full(r, "addresses", CONFIG_ADDRESSES);
	why = address_parse_host(word, &address->prefix);
	if (why)
		return links_bad(r, why, word);
	for (size_t i = 0; i < net->address_count; i++)
		if (memcmp(net->addresses[i].prefix.bytes, address->prefix.bytes, 16) ==
				0 &&
			net->addresses[i].prefix.family == address->prefix.family)
			return links_bad(r, "is given twice", word);
	address->link = r->link;
	net->address_count++;
	return 0;
}

/* "route NET|default [via ADDRESS] [metric N]" */
static int
read_route(struct links_reader *r)
{
	struct config_net *net = &r->net->config;
	struct config_route *route = &net->routes[net->route_count];
	const char *to = links_value(r), *via = "", *why = NULL;
	unsigned long metric;
	bool is_default = strcmp(to, "default") == 0;

	if (net->route_count == CONFIG_ROUTES)
		return links_full(r, "routes", CONFIG_ROUTES);
	memset(route, 0, sizeof(*route));
	if (!is_default)
		why = address_parse_net(to, &route->to);
	if (why)
		return links_bad(r, why, to);
	if (links_next_is(r, "via")) {
		via = links_value(r);
		why = address_parse(via, &route->via);
		if (why)
			return links_bad(r, why, via);
	}
	if (is_default && !route->via.family)
		return links_bad(r,
			"want \"route default via ADDRESS\", or 0.0.0.0/0 or ::/0 for all through the link",
			to);
	if (is_default)
		route->to.family = route->via.family;
	if (route->via.family && route->via.family != route->to.family)
		return links_bad(r, "want a net and a gateway of the same kind", via);
	if (links_next_is(r, "metric")) {
		if (links_number(
			    r, 1, UINT32_MAX, "want a metric of 1 or more", &metric) < 0)
			return -EINVAL;
		route->metric = (uint32_t)metric;
	}
	route->link = r->link;
	net->route_count++;
	return 0;
}

static int
read_mtu(struct links_reader *r)
{
	unsigned long mtu;

	if (links_number(r, 68, 65535, "want 68 to 65535 bytes", &mtu) < 0)
		return -EINVAL;
	if (links_link(r)->mtu)
		return links_bad(r, "is given twice", r->words.item[r->at - 1]);
	links_link(r)->mtu = (uint32_t)mtu;
	return 0;
}

static int
read_flag(struct links_reader *r)
{
	static const struct {
		const char *word;
		unsigned flag;
	} flags[] = {{"dhcp", LINK_DHCP}, {"auto", LINK_AUTO}, {"loose", LINK_LOOSE}};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(r->verb, flags[i].word) == 0)
			links_link(r)->flags |= (uint8_t)flags[i].flag;
	return 0;
}

/* "vlan ID on LINK" */
static int
read_vlan(struct links_reader *r)
{
	struct config_net *net = &r->net->config;
	struct config_link *link = links_link(r);
	const char *parent;
	unsigned long id;

	if (link->kind != LINK_DEVICE || r->at != 1)
		return links_bad(r, "want it first, and alone of its kind", r->verb);
	link->kind = LINK_VLAN;
	if (links_number(r, 1, 4094, "want a number from 1 to 4094", &id) < 0)
		return -EINVAL;
	link->vlan = (uint16_t)id;
	if (!links_next_is(r, "on"))
		return links_bad(r, "want \"vlan NUMBER on LINK\"", links_value(r));
	parent = links_value(r);
	for (size_t i = 0; i < net->link_count; i++) {
		if (i == r->link || strcmp(net->links[i].name, parent) != 0)
			continue;
		link->parent = (uint8_t)i;
		return 0;
	}
	return links_bad(r, "want another link of [links]", parent);
}

static const struct {
	const char *word;
	int (*read)(struct links_reader *r);
	bool peer; /* only behind a peer */
} verbs[] = {
	{"address", read_address, false},
	{"route", read_route, false},
	{"mtu", read_mtu, false},
	{"dhcp", read_flag, false},
	{"auto", read_flag, false},
	{"loose", read_flag, false},
	{"vlan", read_vlan, false},
	{"wireguard", links_read_wireguard, false},
	{"peer", links_read_peer, false},
	{"endpoint", links_read_endpoint, true},
	{"allow", links_read_allow, true},
	{"keepalive", links_read_keepalive, true},
	{"preshared", links_read_preshared, true},
};

static int
read_verb(struct links_reader *r)
{
	r->verb = links_value(r);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(r->verb, verbs[i].word) != 0)
			continue;
		if (verbs[i].peer && !r->peer)
			return links_bad(r, "want \"peer KEY\" before it", r->verb);
		return verbs[i].read(r);
	}
	return ini_bad(r->f->ini, r->f->entry, r->e,
		"want address, route, mtu, dhcp, auto, loose, vlan, wireguard or peer and what belongs to them, got \"%.80s\"",
		r->verb);
}

/* A gateway that is not on the link: the kernel would refuse the route at each boot. */
static int
check_routes(const struct links_reader *r)
{
	const struct config_net *net = &r->net->config;

	for (size_t i = 0; i < net->route_count; i++) {
		const struct config_route *route = &net->routes[i];
		const uint8_t *via = route->via.bytes;
		bool known = route->via.family == 0 ||
			     links_link(r)->flags & (LINK_DHCP | LINK_AUTO) ||
			     (route->via.family == 6 && via[0] == 0xfe &&
				     (via[1] & 0xc0) == 0x80);

		if (route->link != r->link)
			continue;
		for (size_t k = 0; !known && k < net->address_count; k++)
			known = net->addresses[k].link == r->link &&
				address_within(&route->via, &net->addresses[k].prefix);
		if (!known)
			return ini_bad(r->f->ini, r->f->entry, r->e,
				"route: want a gateway in the net of one of the link's addresses");
	}
	return 0;
}

static int
check_link(const struct board *board, const struct links_reader *r)
{
	const struct config_net *net = &r->net->config;
	const struct config_link *link = links_link(r);
	const struct found *f = r->f;
	int result = check_routes(r);

	if (result < 0)
		return result;
	if (link->kind == LINK_VLAN && net->links[link->parent].kind != LINK_DEVICE)
		return ini_bad(f->ini, f->entry, r->e,
			"vlan: want a link that is neither a VLAN nor WireGuard, got \"%s\"",
			net->links[link->parent].name);
	if (link->kind == LINK_WIREGUARD && link->flags & (LINK_DHCP | LINK_AUTO))
		return ini_bad(f->ini, f->entry, r->e,
			"want neither dhcp nor auto on a WireGuard link");
	for (size_t i = 0; i < net->address_count; i++)
		if (net->addresses[i].link == r->link &&
			net->addresses[i].prefix.family == 6 && link->mtu &&
			link->mtu < 1280)
			return ini_bad(f->ini, f->entry, r->e,
				"mtu: want 1280 bytes or more for IPv6, got %u",
				link->mtu);
	if (link->flags & LINK_DHCP)
		result = board_need_symbol(board, f, "PACKET", "af_packet", "net", r->e);
	if (result < 0)
		return result;
	if (link->kind == LINK_VLAN)
		return board_need_symbol(board, f, "VLAN_8021Q", "8021q", "links", r->e);
	if (link->kind == LINK_WIREGUARD)
		return board_need_symbol(
			board, f, "WIREGUARD", "wireguard", "links", r->e);
	return 0;
}

/* Its lines may come in any order, so the links' names and kinds are known first. */
static int
add_name(struct board_net *net, const struct found *f, struct found *found,
	struct error *e)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	struct config_net *config = &net->config;
	const char *name = f->entry->key;
	size_t at = 0;

	if (name[strspn(name, letters)] != '\0' || strlen(name) > CONFIG_LINK_NAME ||
		name[0] == '.' || name[0] == '-')
		return ini_bad(f->ini, f->entry, e,
			"want a link's name of at most %d letters, digits, dots, dashes and underscores",
			CONFIG_LINK_NAME);
	if (strcmp(name, "lo") == 0)
		return ini_bad(f->ini, f->entry, e,
			"is always up, with 127.0.0.1 and ::1: leave it out");
	while (at < config->link_count && strcmp(config->links[at].name, name) != 0)
		at++;
	if (at == CONFIG_LINKS)
		return ini_bad(
			f->ini, f->entry, e, "want at most %d links", CONFIG_LINKS);
	if (at == config->link_count)
		config->links[config->link_count++] =
			(struct config_link){.name = links_keep(net, name), .key = ""};
	found[at] = *f;
	return 0;
}

static int
read_link(struct board *board, const struct found *f, size_t index, struct error *e)
{
	struct links_reader reader = {
		.net = &board->net, .f = f, .link = (uint8_t)index, .e = e};
	int r = strlist_split(&reader.words, f->entry->value);

	while (r == 0 && reader.at < reader.words.count)
		r = read_verb(&reader);
	strlist_free(&reader.words);
	return r;
}

int
board_read_links(struct board *board, struct layers *l, struct error *e)
{
	const struct ini *const layers[] = {&l->base, &l->own};
	struct config_net *net = &board->net.config;
	struct found found[CONFIG_LINKS];
	int r = 0;

	net->link_count = 0;
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; r == 0 && i < layers[k]->count; i++) {
			const struct found f = {layers[k], &layers[k]->entry[i]};

			if (strcmp(f.entry->section, "links") == 0)
				r = add_name(&board->net, &f, found, e);
		}
	for (size_t i = 0; r == 0 && i < net->link_count; i++)
		r = read_link(board, &found[i], i, e);
	for (size_t i = 0; r == 0 && i < net->link_count; i++) {
		const struct links_reader reader = {
			.net = &board->net, .f = &found[i], .link = (uint8_t)i, .e = e};

		r = check_link(board, &reader);
	}
	return r < 0 ? r : links_add_dhcp(board, found, e);
}
