/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pid1/net/netlink.c"

#include "lib/config_net.h"
#include "pid1/net/firewall.c"
#include "pid1/net/link_message.c"

#include "pid1/log/log.h"

/* What wireguard.c wants for a link that no test here brings up. */
void
log_say(const char *format, ...)
{
	(void)format;
}

#include "pid1/net/wireguard.c"

int
key_file_read(const char *path, uint8_t key[WIREGUARD_KEY])
{
	(void)path;
	(void)key;
	return -ENOENT;
}

static struct netlink_message m;

static const struct nlmsghdr *
only_message(void)
{
	const uint8_t *data = m.data;
	size_t size = m.size;
	const struct nlmsghdr *message = netlink_next(&data, &size);

	assert_false(m.full);
	assert_non_null(message);
	assert_int_equal(size, 0);
	return message;
}

static void
test_netlink_built_read_back(void **state)
{
	const uint32_t header = 0x01020304;
	const struct nlmsghdr *message;
	const void *found;
	size_t nest, size;

	(void)state;
	netlink_begin(&m, 77, NLM_F_CREATE, &header, sizeof(header));
	netlink_put_u8(&m, 1, 9);
	netlink_put_string(&m, 2, "eth0");
	nest = netlink_nest(&m, 3);
	netlink_put_u16(&m, 4, 5);
	netlink_nest_end(&m, nest);
	message = only_message();
	assert_int_equal(message->nlmsg_type, 77);
	assert_int_equal(message->nlmsg_flags, NLM_F_CREATE | NLM_F_REQUEST | NLM_F_ACK);
	assert_memory_equal(message + 1, &header, sizeof(header));
	found = netlink_find(message, sizeof(header), 2, 1, &size);
	assert_non_null(found);
	assert_int_equal(size, 5);
	assert_string_equal(found, "eth0");
	assert_non_null(netlink_find(message, sizeof(header), 3, 8, &size));
	assert_int_equal(size, 8);
	assert_null(netlink_find(message, sizeof(header), 1, 2, NULL));
	assert_null(netlink_find(message, sizeof(header), 4, 0, NULL));
}

static void
test_netlink_too_much_marked(void **state)
{
	static const uint8_t much[NETLINK_SIZE];

	(void)state;
	netlink_begin(&m, 1, 0, NULL, 0);
	netlink_put(&m, 1, much, sizeof(much) - 64);
	assert_false(m.full);
	netlink_put(&m, 1, much, 64);
	assert_true(m.full);
	/* And it stays so. */
	netlink_put_u8(&m, 1, 0);
	assert_true(m.full);
	assert_int_equal(netlink_talk(-1, &m, NULL), -E2BIG);
}

static void
test_netlink_broken_messages_end_the_reading(void **state)
{
	struct nlmsghdr head = {.nlmsg_len = 15};
	const uint8_t *data = (const uint8_t *)&head;
	size_t size = sizeof(head);

	(void)state;
	assert_null(netlink_next(&data, &size));
	head.nlmsg_len = 17;
	assert_null(netlink_next(&data, &size));
	size = 3;
	assert_null(netlink_next(&data, &size));
	/* An attribute that is longer than its message. */
	netlink_begin(&m, 1, 0, NULL, 0);
	netlink_put_u32(&m, 1, 0);
	m.data[sizeof(head)] = 9;
	assert_null(netlink_find(only_message(), 0, 1, 0, NULL));
	m.data[sizeof(head)] = 3;
	assert_null(netlink_find(only_message(), 0, 1, 0, NULL));
}

/* A process that may configure the network can send to pid1's sockets as well. */
static void
test_netlink_of_another_process_is_not_heard(void **state)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK};
	socklen_t length = sizeof(to);
	int from_fd = netlink_open(NETLINK_USERSOCK, 0);
	int fd = netlink_open(NETLINK_USERSOCK, 0);
	uint8_t data[64];

	(void)state;
	assert_true(from_fd >= 0 && fd >= 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&to, &length), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sendto(from_fd, "spoof", 5, 0, (struct sockaddr *)&to,
					 sizeof(to)),
			5);
	assert_int_equal(netlink_receive(fd, data, sizeof(data)), -1);
	assert_int_equal(errno, EAGAIN);
	/* they were passed over, not left there */
	assert_int_equal(recv(fd, data, sizeof(data), MSG_DONTWAIT), -1);
	close(from_fd);
	close(fd);
	/* and the kernel is: it refuses what it does not know */
	fd = netlink_open(NETLINK_ROUTE, 0);
	assert_true(fd >= 0);
	link_ask(&m, "lo");
	assert_int_equal(netlink_talk(fd, &m, NULL), 0);
	link_ask(&m, "not-there");
	assert_int_equal(netlink_talk(fd, &m, NULL), -ENODEV);
	close(fd);
}

static size_t
put_verdict(uint8_t *data, size_t at, int32_t code)
{
	const struct nlmsghdr head = {.nlmsg_len = 20, .nlmsg_type = NLMSG_ERROR};

	memcpy(data + at, &head, sizeof(head));
	memcpy(data + at + sizeof(head), &code, sizeof(code));
	return at + 20;
}

static void
test_firewall_verdict_any_error_counts(void **state)
{
	_Alignas(8) uint8_t said[64];
	size_t size = put_verdict(said, 0, 0);

	(void)state;
	assert_int_equal(firewall_verdict(said, 0, -EPROTO), -EPROTO);
	assert_int_equal(firewall_verdict(said, size, -EPROTO), 0);
	size = put_verdict(said, size, -ENOENT);
	assert_int_equal(firewall_verdict(said, size, -EPROTO), -ENOENT);
	assert_int_equal(firewall_verdict(said, 20, -ENOENT), -ENOENT);
	(void)put_verdict(said, 0, -EEXIST);
	(void)put_verdict(said, 20, 0);
	assert_int_equal(firewall_verdict(said, 40, -EPROTO), -EEXIST);
	(void)put_verdict(said, 0, 5);
	assert_int_equal(firewall_verdict(said, 20, -EPROTO), -EBADMSG);
}

static void
test_link_news_read(void **state)
{
	struct ifinfomsg header = {.ifi_index = 3, .ifi_flags = IFF_UP | IFF_LOWER_UP};
	struct link_news news;

	(void)state;
	netlink_begin(&m, RTM_NEWLINK, 0, &header, sizeof(header));
	assert_false(link_read(only_message(), &news));
	netlink_put_string(&m, IFLA_IFNAME, "a-name-of-15-by");
	assert_true(link_read(only_message(), &news));
	assert_string_equal(news.name, "a-name-of-15-by");
	assert_int_equal(news.index, 3);
	assert_true(news.up && news.carrier && !news.gone);
	netlink_begin(&m, RTM_NEWLINK, 0, &header, sizeof(header));
	netlink_put_string(&m, IFLA_IFNAME, "a-name-that-is-too-long");
	assert_true(link_read(only_message(), &news));
	assert_string_equal(news.name, "a-name-that-is-");
	netlink_begin(&m, RTM_NEWADDR, 0, &header, sizeof(header));
	netlink_put_string(&m, IFLA_IFNAME, "eth0");
	assert_false(link_read(only_message(), &news));
	/* a bridge's words on its port: the link's end there is none of the link */
	header.ifi_family = AF_BRIDGE;
	netlink_begin(&m, RTM_DELLINK, 0, &header, sizeof(header));
	netlink_put_string(&m, IFLA_IFNAME, "eth0");
	assert_false(link_read(only_message(), &news));
	netlink_begin(&m, RTM_DELLINK, 0, NULL, 0);
	assert_false(link_read(only_message(), &news));
}

/* Nothing but whether it is up is changed. */
static void
test_link_down_changes_one_flag(void **state)
{
	struct ifinfomsg header;

	(void)state;
	link_set_down(&m, 3);
	assert_int_equal(only_message()->nlmsg_type, RTM_NEWLINK);
	memcpy(&header, only_message() + 1, sizeof(header));
	assert_int_equal(header.ifi_index, 3);
	assert_int_equal(header.ifi_flags, 0);
	assert_int_equal(header.ifi_change, IFF_UP);
}

static void
test_link_route_of_others_tells_its_link(void **state)
{
	const struct config_route own = {.to = {4, 24, {192, 0, 2}}};
	struct rtmsg header = {.rtm_family = AF_INET,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_DHCP,
		.rtm_type = RTN_UNICAST};

	(void)state;
	netlink_begin(&m, RTM_NEWROUTE, 0, &header, sizeof(header));
	assert_int_equal(link_read_route(only_message()), 0);
	netlink_put_u32(&m, RTA_OIF, 3);
	assert_int_equal(link_read_route(only_message()), 3);
	/* One of ours would have us set it again and again. */
	link_route(&m, 3, &own);
	assert_int_equal(link_read_route(only_message()), 0);
	header.rtm_flags = RTM_F_CLONED;
	netlink_begin(&m, RTM_NEWROUTE, 0, &header, sizeof(header));
	netlink_put_u32(&m, RTA_OIF, 3);
	assert_int_equal(link_read_route(only_message()), 0);
	header.rtm_flags = 0;
	header.rtm_table = RT_TABLE_LOCAL;
	netlink_begin(&m, RTM_NEWROUTE, 0, &header, sizeof(header));
	netlink_put_u32(&m, RTA_OIF, 3);
	assert_int_equal(link_read_route(only_message()), 0);
	netlink_begin(&m, RTM_NEWROUTE, 0, NULL, 0);
	assert_int_equal(link_read_route(only_message()), 0);
}

static void
test_link_address_broadcast_is_the_nets_last(void **state)
{
	static const uint8_t last[] = {10, 0, 3, 255};
	const struct config_prefix p = {4, 23, {10, 0, 2, 15}};
	const void *found;

	(void)state;
	link_address(&m, 2, &p);
	found = netlink_find(
		only_message(), sizeof(struct ifaddrmsg), IFA_BROADCAST, 4, NULL);
	assert_non_null(found);
	assert_memory_equal(found, last, 4);
	/* RFC 3021: a net of two has none */
	for (uint8_t length = 31; length <= 32; length++) {
		const struct config_prefix two = {4, length, {10, 0, 2, 14}};

		link_address(&m, 2, &two);
		assert_null(netlink_find(only_message(), sizeof(struct ifaddrmsg),
			IFA_BROADCAST, 0, NULL));
	}
}

/* A scope that the kernel takes: rtnetlink(7) and ip-route(8). */
static void
test_link_route_scope(void **state)
{
	static const struct {
		struct config_route route;
		uint8_t scope;
	} cases[] = {
		{{.to = {4, 24, {192}}}, RT_SCOPE_LINK},
		{{.to = {4, 24, {192}}, .via = {4, 32, {10}}}, RT_SCOPE_UNIVERSE},
		{{.to = {6, 64, {0xfd}}}, RT_SCOPE_UNIVERSE},
	};
	struct rtmsg header;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		link_route(&m, 3, &cases[i].route);
		memcpy(&header, only_message() + 1, sizeof(header));
		assert_int_equal(header.rtm_scope, cases[i].scope);
	}
}

static void
test_wireguard_keys_decoded(void **state)
{
	static const char good[] = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n";
	uint8_t key[WIREGUARD_KEY];

	(void)state;
	assert_true(wireguard_decode(good, 45, key));
	assert_true(wireguard_decode(good, 44, key));
	assert_int_equal(key[0], 0x85);
	assert_int_equal(key[1], 0x20);
	assert_int_equal(key[31], 0x6a);
	assert_false(wireguard_decode(good, 43, key));
	assert_false(wireguard_decode(good, 0, key));
	assert_false(wireguard_decode(
		"hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmp=", 44, key));
	assert_false(wireguard_decode(
		"hSDwCYkwp1R0i33ctD73Wg2 Og0mOBr066SpjqqbTmo=", 44, key));
	assert_false(wireguard_decode(
		"hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmoA", 44, key));
}

/* The largest config there can be fits one message. */
static void
test_wireguard_most_peers_fit(void **state)
{
	static struct config_net net;
	static uint8_t preshared[CONFIG_PEERS][WIREGUARD_KEY];
	const uint8_t key[WIREGUARD_KEY] = {1};

	(void)state;
	net.link_count = 1;
	net.links[0] = (struct config_link){
		.name = "wg0", .kind = LINK_WIREGUARD, .key = "/k", .port = 1};
	net.peer_count = CONFIG_PEERS;
	net.allowed_count = CONFIG_ALLOWED;
	for (size_t i = 0; i < CONFIG_PEERS; i++)
		net.peers[i] = (struct config_peer){.preshared = "/p",
			.endpoint = {.family = 6},
			.port = 1,
			.keepalive = 1};
	for (size_t i = 0; i < CONFIG_ALLOWED; i++)
		net.allowed[i] = (struct config_allowed){
			.peer = i % CONFIG_PEERS, .prefix = {.family = 6}};
	wireguard_message(&m, 30, &net, 0, 7, key, preshared);
	assert_int_equal(only_message()->nlmsg_type, 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_netlink_built_read_back),
		cmocka_unit_test(test_netlink_too_much_marked),
		cmocka_unit_test(test_netlink_broken_messages_end_the_reading),
		cmocka_unit_test(test_netlink_of_another_process_is_not_heard),
		cmocka_unit_test(test_firewall_verdict_any_error_counts),
		cmocka_unit_test(test_link_news_read),
		cmocka_unit_test(test_link_down_changes_one_flag),
		cmocka_unit_test(test_link_route_of_others_tells_its_link),
		cmocka_unit_test(test_link_address_broadcast_is_the_nets_last),
		cmocka_unit_test(test_link_route_scope),
		cmocka_unit_test(test_wireguard_keys_decoded),
		cmocka_unit_test(test_wireguard_most_peers_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
