/* SPDX-License-Identifier: ISC */
#include "board_links.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "lib/error.h"
#include "address.h"
#include "board_net.h"

/* "wireguard key FILE [listen PORT]" */
int
links_read_wireguard(struct links_reader *r)
{
	struct config_link *link = links_link(r);
	const char *port;

	if (link->kind != LINK_DEVICE || r->at != 1)
		return links_bad(r, "want it first, and alone of its kind", r->verb);
	link->kind = LINK_WIREGUARD;
	if (!links_next_is(r, "key"))
		return links_bad(r, "want \"wireguard key FILE\"", links_value(r));
	if (links_path(r, &link->key) < 0)
		return -EINVAL;
	if (!links_next_is(r, "listen"))
		return 0;
	port = links_value(r);
	return address_port(port, &link->port)
		       ? 0
		       : links_bad(r, "listen: want a port from 1 to 65535", port);
}

int
links_read_peer(struct links_reader *r)
{
	struct config_net *net = &r->net->config;
	struct config_peer *peer = &net->peers[net->peer_count];
	const char *word = links_value(r);
	size_t size = 0;

	if (links_link(r)->kind != LINK_WIREGUARD)
		return links_bad(r, "want \"wireguard key FILE\" before it", word);
	if (net->peer_count == CONFIG_PEERS)
		return links_full(r, "peers", CONFIG_PEERS);
	memset(peer, 0, sizeof(*peer));
	if (sodium_base642bin(peer->key, sizeof(peer->key), word, strlen(word), NULL,
		    &size, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
		size != sizeof(peer->key))
		return links_bad(r, "want a public key, 44 characters of base64", word);
	for (size_t i = 0; i < net->peer_count; i++)
		if (net->peers[i].link == r->link &&
			memcmp(net->peers[i].key, peer->key, sizeof(peer->key)) == 0)
			return links_bad(r, "is given twice", word);
	peer->link = r->link;
	peer->preshared = "";
	r->peer = peer;
	net->peer_count++;
	return 0;
}

int
links_read_endpoint(struct links_reader *r)
{
	const char *word = links_value(r), *why;

	if (r->peer->port)
		return links_bad(r, "is given twice", word);
	why = address_parse_port(word, &r->peer->endpoint, &r->peer->port);
	return why ? links_bad(r, why, word) : 0;
}

int
links_read_allow(struct links_reader *r)
{
	struct config_net *net = &r->net->config;
	struct config_allowed *allowed = &net->allowed[net->allowed_count];
	const char *word = links_value(r), *why;

	if (net->allowed_count == CONFIG_ALLOWED)
		return links_full(r, "allowed nets of peers", CONFIG_ALLOWED);
	why = address_parse_net(word, &allowed->prefix);
	if (why)
		return links_bad(r, why, word);
	/* WireGuard would take it away from the first one without a word. */
	for (size_t i = 0; i < net->allowed_count; i++)
		if (net->peers[net->allowed[i].peer].link == r->link &&
			address_equal(&net->allowed[i].prefix, &allowed->prefix))
			return links_bad(r, "is given twice", word);
	allowed->peer = (uint8_t)(r->peer - net->peers);
	net->allowed_count++;
	return 0;
}

int
links_read_keepalive(struct links_reader *r)
{
	unsigned long seconds;

	if (links_number(r, 1, 65535, "want 1 to 65535 seconds", &seconds) < 0)
		return -EINVAL;
	if (r->peer->keepalive)
		return links_bad(r, "is given twice", r->words.item[r->at - 1]);
	r->peer->keepalive = (uint16_t)seconds;
	return 0;
}

int
links_read_preshared(struct links_reader *r)
{
	if (r->peer->preshared[0])
		return links_bad(r, "is given twice", links_value(r));
	return links_path(r, &r->peer->preshared);
}
