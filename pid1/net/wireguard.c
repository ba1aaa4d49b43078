/* SPDX-License-Identifier: ISC */
#include "wireguard.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/config_net.h"
#include "pid1/log/log.h"
#include "key_file.h"
#include "netlink.h"

static int
sextet(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* RFC 4648: 43 digits are 258 bits, of which the last two are zero. */
bool
wireguard_decode(const char *text, size_t size, uint8_t key[WIREGUARD_KEY])
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t at = 0;

	if (size == WIREGUARD_TEXT + 1 && text[WIREGUARD_TEXT] == '\n')
		size--;
	if (size != WIREGUARD_TEXT || text[WIREGUARD_TEXT - 1] != '=')
		return false;
	for (size_t i = 0; i < WIREGUARD_TEXT - 1; i++) {
		int value = sextet(text[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count >= 8) {
			count -= 8;
			key[at++] = (uint8_t)(bits >> count);
		}
	}
	return (bits & 3) == 0;
}

static void
put_endpoint(struct netlink_message *m, const struct config_peer *peer)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(peer->port)};
	struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(peer->port)};

	if (peer->endpoint.family == 4) {
		memcpy(&v4.sin_addr, peer->endpoint.bytes, 4);
		netlink_put(m, WGPEER_A_ENDPOINT, &v4, sizeof(v4));
	} else if (peer->endpoint.family == 6) {
		memcpy(&v6.sin6_addr, peer->endpoint.bytes, 16);
		netlink_put(m, WGPEER_A_ENDPOINT, &v6, sizeof(v6));
	}
}

static void
put_allowed(struct netlink_message *m, const struct config_net *net, size_t peer)
{
	size_t list = netlink_nest(m, WGPEER_A_ALLOWEDIPS);

	for (size_t i = 0; i < net->allowed_count; i++) {
		const struct config_prefix *p = &net->allowed[i].prefix;
		size_t item;

		if (net->allowed[i].peer != peer)
			continue;
		item = netlink_nest(m, 0);
		netlink_put_u16(
			m, WGALLOWEDIP_A_FAMILY, p->family == 4 ? AF_INET : AF_INET6);
		netlink_put(m, WGALLOWEDIP_A_IPADDR, p->bytes,
			config_prefix_bits(p->family) / 8U);
		netlink_put_u8(m, WGALLOWEDIP_A_CIDR_MASK, p->length);
		netlink_nest_end(m, item);
	}
	netlink_nest_end(m, list);
}

void
wireguard_message(struct netlink_message *m, uint16_t family,
	const struct config_net *net, size_t link, int index,
	const uint8_t key[WIREGUARD_KEY], uint8_t (*preshared)[WIREGUARD_KEY])
{
	const struct genlmsghdr header = {
		.cmd = WG_CMD_SET_DEVICE, .version = WG_GENL_VERSION};
	size_t list;

	netlink_begin(m, family, 0, &header, sizeof(header));
	netlink_put_u32(m, WGDEVICE_A_IFINDEX, (uint32_t)index);
	netlink_put_u32(m, WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
	netlink_put(m, WGDEVICE_A_PRIVATE_KEY, key, WIREGUARD_KEY);
	if (net->links[link].port)
		netlink_put_u16(m, WGDEVICE_A_LISTEN_PORT, net->links[link].port);
	list = netlink_nest(m, WGDEVICE_A_PEERS);
	for (size_t i = 0; i < net->peer_count; i++) {
		const struct config_peer *peer = &net->peers[i];
		size_t item;

		if (peer->link != link)
			continue;
		item = netlink_nest(m, 0);
		netlink_put(m, WGPEER_A_PUBLIC_KEY, peer->key, sizeof(peer->key));
		if (peer->preshared[0])
			netlink_put(
				m, WGPEER_A_PRESHARED_KEY, preshared[i], WIREGUARD_KEY);
		put_endpoint(m, peer);
		if (peer->keepalive)
			netlink_put_u16(m, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
				peer->keepalive);
		put_allowed(m, net, i);
		netlink_nest_end(m, item);
	}
	netlink_nest_end(m, list);
}

/* The number that the kernel gave the family. */
static int
find_family(int fd, struct netlink_message *m)
{
	static struct netlink_message answer;
	const struct genlmsghdr header = {.cmd = CTRL_CMD_GETFAMILY, .version = 1};
	const uint8_t *data = answer.data;
	const struct nlmsghdr *message;
	const void *id;
	uint16_t family;
	int r;

	netlink_begin(m, GENL_ID_CTRL, 0, &header, sizeof(header));
	netlink_put_string(m, CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME);
	r = netlink_talk(fd, m, &answer);
	if (r < 0)
		return r;
	message = netlink_next(&data, &answer.size);
	id = message ? netlink_find(message, sizeof(header), CTRL_ATTR_FAMILY_ID, 2, NULL)
		     : NULL;
	if (!id)
		return -EPROTO;
	memcpy(&family, id, sizeof(family));
	return family;
}

/*
 * The kernel drops handshakes that come in before its generator of random numbers is ready,
 * and nothing makes that ready on a device that only listens and whose services want none.
 * The first who waits for it does: here a child, which the loop reaps like any other.
 */
static void
ready_random(void)
{
	uint8_t byte;
	long pid;

	if (getrandom(&byte, sizeof(byte), GRND_NONBLOCK) >= 0 || errno != EAGAIN)
		return;
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		(void)!getrandom(&byte, sizeof(byte), 0);
		_exit(0);
	}
	if (pid < 0)
		log_say("random numbers: cannot wait for them: %s", strerror(errno));
}

int
wireguard_apply(const struct config_net *net, size_t link, int index, const char **what)
{
	static struct netlink_message m;
	static uint8_t preshared[CONFIG_PEERS][WIREGUARD_KEY];
	uint8_t key[WIREGUARD_KEY];
	int fd, r;

	*what = net->links[link].key;
	r = key_file_read(*what, key);
	for (size_t i = 0; r == 0 && i < net->peer_count; i++) {
		if (net->peers[i].link != link || !net->peers[i].preshared[0])
			continue;
		*what = net->peers[i].preshared;
		r = key_file_read(*what, preshared[i]);
	}
	if (r < 0)
		goto out;
	*what = "keys and peers";
	r = fd = netlink_open(NETLINK_GENERIC, 0);
	if (fd < 0)
		goto out;
	r = find_family(fd, &m);
	if (r >= 0) {
		wireguard_message(&m, (uint16_t)r, net, link, index, key, preshared);
		r = netlink_talk(fd, &m, NULL);
	}
	close(fd);
	if (r == 0)
		ready_random();
out:
	/* The keys are the kernel's now, and nobody else's. */
	explicit_bzero(key, sizeof(key));
	explicit_bzero(preshared, sizeof(preshared));
	explicit_bzero(&m, sizeof(m));
	return r;
}
