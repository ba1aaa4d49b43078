/* SPDX-License-Identifier: ISC */
#include "board_text.h"

#include "builder/read/address.h"

#define HEAD                                                                             \
	"[board]\nname = b\narch = x86_64\nhostname = host\nversion = 2\n"               \
	"epoch = 2026-01-01T00:00:00Z\n"                                                 \
	"[kernel]\nrecipe = linux\nconfig = base\ncmdline = quiet noinitrd\n"            \
	"[image]\nrecipes = pid1 dhcpcd\nram = 128M\n"                                   \
	"[links]\n" /* 14 lines */
#define KEY   "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="
#define OTHER "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static int
set_up(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	scratch_write("recipes/linux/recipe.ini", "");
	scratch_write("recipes/pid1/recipe.ini", "");
	scratch_write("recipes/dhcpcd/recipe.ini", "");
	scratch_write("recipes/dhcpcd/dhcpcd.service",
		"[Service]\nExecStart = /sbin/dhcpcd -B\n");
	scratch_write("kernel-configs/base.config",
		"CONFIG_VLAN_8021Q=y\nCONFIG_WIREGUARD=m\nCONFIG_PACKET=y\n");
	return 0;
}

/* One line behind HEAD, the 15th, is refused with this. */
static void
refused(const char *line, const char *why)
{
	char text[2048], message[1024];

	snprintf(text, sizeof(text), "%s%s\n", HEAD, line);
	snprintf(message, sizeof(message), "%s:15: %s", path, why);
	scratch_refused(path, text, read_it, message);
}

static void
test_links_all_words_read(void **state)
{
	static const uint8_t v4[] = {10, 0, 2, 15}, via[] = {10, 0, 2, 2};
	const struct config_net *net;
	struct board b;

	(void)state;
	accepted(HEAD "eth0.5 = vlan 5 on eth0 address 10.5.0.1/24\n"
		      "eth0 =\n\taddress 10.0.2.15/24\n\taddress 2001:db8::2/64\n"
		      "\troute default via 10.0.2.2 metric 10\n\troute 192.0.2.0/24\n"
		      "\tmtu 1400 loose auto\n"
		      "wg0 =\n\twireguard key /data/wg.key listen 51820\n"
		      "\taddress 10.9.0.2/24\n"
		      "\tpeer " KEY "\n\t\tendpoint 192.0.2.4:51820\n"
		      "\t\tallow 10.9.0.0/24\n\t\tallow 0.0.0.0/0\n\t\tkeepalive 25\n"
		      "\t\tpreshared /data/wg.psk\n"
		      "\tpeer " OTHER " endpoint [2001:db8::1]:5 allow 10.8.0.7\n"
		      "[modules]\nwireguard =\n",
		&b);
	net = &b.net.config;
	assert_int_equal(net->link_count, 3);
	assert_string_equal(net->links[0].name, "eth0.5");
	assert_int_equal(net->links[0].kind, LINK_VLAN);
	assert_int_equal(net->links[0].vlan, 5);
	assert_int_equal(net->links[0].parent, 1);
	assert_int_equal(net->links[1].kind, LINK_DEVICE);
	assert_int_equal(net->links[1].mtu, 1400);
	assert_int_equal(net->links[1].flags, LINK_LOOSE | LINK_AUTO);
	assert_string_equal(net->links[2].key, "/data/wg.key");
	assert_int_equal(net->links[2].port, 51820);
	assert_int_equal(net->address_count, 4);
	assert_int_equal(net->addresses[1].link, 1);
	assert_int_equal(net->addresses[1].prefix.family, 4);
	assert_int_equal(net->addresses[1].prefix.length, 24);
	assert_memory_equal(net->addresses[1].prefix.bytes, v4, 4);
	assert_int_equal(net->addresses[2].prefix.family, 6);
	assert_int_equal(net->route_count, 2);
	assert_int_equal(net->routes[0].to.length, 0);
	assert_memory_equal(net->routes[0].via.bytes, via, 4);
	assert_int_equal(net->routes[0].metric, 10);
	assert_int_equal(net->routes[1].via.family, 0);
	assert_int_equal(net->peer_count, 2);
	assert_int_equal(net->peers[0].key[0], 0x85);
	assert_int_equal(net->peers[0].key[31], 0x6a);
	assert_int_equal(net->peers[0].keepalive, 25);
	assert_int_equal(net->peers[0].port, 51820);
	assert_string_equal(net->peers[0].preshared, "/data/wg.psk");
	assert_string_equal(net->peers[1].preshared, "");
	assert_int_equal(net->peers[1].endpoint.family, 6);
	assert_int_equal(net->allowed_count, 3);
	assert_int_equal(net->allowed[2].peer, 1);
	assert_int_equal(net->allowed[2].prefix.length, 32);
	assert_null(config_net_fault(net));
	board_free(&b);
}

static void
test_links_dhcp_named_to_the_client(void **state)
{
	struct board b;

	(void)state;
	accepted(HEAD
		"eth0 = dhcp\neth2 =\neth1 = dhcp mtu 1400\n[services]\nenable = dhcpcd\n",
		&b);
	assert_int_equal(b.services[0].arguments.count, 3);
	assert_string_equal(b.services[0].arguments.item[2], "eth0,eth1");
	board_free(&b);
}

static void
test_links_dhcp_client_without_links_refused(void **state)
{
	(void)state;
	scratch_refused(path, HEAD "eth0 =\n[services]\nenable = dhcpcd\n", read_it,
		"recipes/dhcpcd/dhcpcd.service: is enabled, but no link of the board's [links] says dhcp");
}

static void
test_links_dhcp_kernel_lacks_packet_sockets(void **state)
{
	(void)state;
	scratch_write("kernel-configs/base.config", "CONFIG_VLAN_8021Q=y\n");
	refused("eth0 = dhcp\n[services]\nenable = dhcpcd",
		"eth0: the kernel lacks CONFIG_PACKET: want a fragment with it in [kernel] config, such as \"net\", or as a module \"af_packet\" in [modules]");
	scratch_write("kernel-configs/base.config",
		"CONFIG_VLAN_8021Q=y\nCONFIG_WIREGUARD=m\nCONFIG_PACKET=y\n");
}

static void
test_links_inherited_line_by_line(void **state)
{
	struct board b;

	(void)state;
	scratch_write("boards/base/board.ini",
		"[board]\nname = base\narch = x86_64\nhostname = host\nversion = 2\n"
		"epoch = 2026-01-01T00:00:00Z\n"
		"[kernel]\nrecipe = linux\nconfig = base\ncmdline = quiet noinitrd\n"
		"[image]\nrecipes = pid1\nram = 128M\n"
		"[links]\neth0 = address 10.0.0.1/24\neth1 = address 10.1.0.1/24\n");
	accepted("[board]\nname = b\ninherit = base\n[links]\neth0 = mtu 1300\n", &b);
	assert_int_equal(b.net.config.link_count, 2);
	assert_int_equal(b.net.config.links[0].mtu, 1300);
	assert_int_equal(b.net.config.address_count, 1);
	board_free(&b);
}

static void
test_links_slips_named(void **state)
{
	(void)state;
	refused("lo = mtu 9000",
		"lo: is always up, with 127.0.0.1 and ::1: leave it out");
	refused("a/b =",
		"a/b: want a link's name of at most 15 letters, digits, dots, dashes and underscores");
	refused("eth0 = up",
		"eth0: want address, route, mtu, dhcp, auto, loose, vlan, wireguard or peer and what belongs to them, got \"up\"");
	refused("eth0 = mtu 67", "eth0: mtu: want 68 to 65535 bytes, got \"67\"");
	refused("eth0 = mtu", "eth0: mtu: want 68 to 65535 bytes, got \"\"");
	refused("eth0 = mtu 1500 mtu 1400", "eth0: mtu: is given twice, got \"1400\"");
	refused("eth0 = address 2001:db8::1/64 mtu 1279",
		"eth0: mtu: want 1280 bytes or more for IPv6, got 1279");
	refused("eth0 = vlan 5", "eth0: vlan: want \"vlan NUMBER on LINK\", got \"\"");
	refused("eth0 = vlan 4095 on eth1",
		"eth0: vlan: want a number from 1 to 4094, got \"4095\"");
	refused("eth0 = vlan 5 on eth0",
		"eth0: vlan: want another link of [links], got \"eth0\"");
	refused("eth0 = mtu 1500 vlan 5 on eth1",
		"eth0: vlan: want it first, and alone of its kind, got \"vlan\"");
	refused("eth0.5.6 = vlan 6 on eth0.5\neth0.5 = vlan 5 on eth0\neth0 =",
		"eth0.5.6: vlan: want a link that is neither a VLAN nor WireGuard, got \"eth0.5\"");
	refused("eth0 = dhcp",
		"eth0: dhcp: want the service \"dhcpcd\" in [services] enable, which gets the address");
}

static void
test_links_bad_addresses_named(void **state)
{
	(void)state;
	refused("eth0 = address 10.0.0.1",
		"eth0: address: want the net's length behind it, such as 192.0.2.1/24, got \"10.0.0.1\"");
	refused("eth0 = address 10.0.0.1/33",
		"eth0: address: want an address and its net's length, such as 192.0.2.1/24 or 2001:db8::1/64, got \"10.0.0.1/33\"");
	refused("eth0 = address 10.0.0.0/24",
		"eth0: address: want a host's address, not the net's first or last one, got \"10.0.0.0/24\"");
	refused("eth0 = address 224.0.0.1/24",
		"eth0: address: want a host's address, not a group's, got \"224.0.0.1/24\"");
	refused("eth0 = address ::/64",
		"eth0: address: want a host's address, got \"::/64\"");
	refused("eth0 = address 10.0.0.1/24 address 10.0.0.1/8",
		"eth0: address: is given twice, got \"10.0.0.1/8\"");
	refused("eth0 = route 10.0.0.1/24",
		"eth0: route: want a net: no bits set behind its length, such as 192.0.2.0/24, got \"10.0.0.1/24\"");
	refused("eth0 = route default",
		"eth0: route: want \"route default via ADDRESS\", or 0.0.0.0/0 or ::/0 for all through the link, got \"default\"");
	refused("eth0 = address 10.0.0.1/24 route default via 10.0.1.1",
		"eth0: route: want a gateway in the net of one of the link's addresses");
	refused("eth0 = address 10.0.0.1/24 route ::/0 via 10.0.0.2",
		"eth0: route: want a net and a gateway of the same kind, got \"10.0.0.2\"");
}

static void
test_links_bad_wireguard_named(void **state)
{
	(void)state;
	refused("wg0 = peer " KEY,
		"wg0: peer: want \"wireguard key FILE\" before it, got \"" KEY "\"");
	refused("wg0 = wireguard",
		"wg0: wireguard: want \"wireguard key FILE\", got \"\"");
	refused("wg0 = wireguard key wg.key",
		"wg0: wireguard: want an absolute path, got \"wg.key\"");
	refused("wg0 = wireguard key /k listen 0",
		"wg0: wireguard: listen: want a port from 1 to 65535, got \"0\"");
	refused("wg0 = wireguard key /k peer abc",
		"wg0: peer: want a public key, 44 characters of base64, got \"abc\"");
	refused("wg0 = wireguard key /k peer " KEY " peer " KEY,
		"wg0: peer: is given twice, got \"" KEY "\"");
	refused("wg0 = wireguard key /k allow 10.0.0.0/8",
		"wg0: allow: want \"peer KEY\" before it, got \"allow\"");
	refused("wg0 = wireguard key /k peer " KEY " allow 10.0.0.0/8 peer " OTHER
		" allow 10.0.0.0/8",
		"wg0: allow: is given twice, got \"10.0.0.0/8\"");
	refused("wg0 = wireguard key /k peer " KEY " endpoint 2001:db8::1:5",
		"wg0: endpoint: want ADDRESS:PORT in numbers, such as 192.0.2.1:51820 or [2001:db8::1]:51820, got \"2001:db8::1:5\"");
	refused("wg0 = wireguard key /k peer " KEY " keepalive 0",
		"wg0: keepalive: want 1 to 65535 seconds, got \"0\"");
	refused("wg0 = wireguard key /k dhcp",
		"wg0: want neither dhcp nor auto on a WireGuard link");
	/* A module, which [modules] does not load. */
	refused("wg0 = wireguard key /k",
		"wg0: the kernel lacks CONFIG_WIREGUARD: want a fragment with it in [kernel] config, such as \"links\", or as a module \"wireguard\" in [modules]");
}

static void
test_address_within_compares_bits(void **state)
{
	struct config_prefix net, address;

	(void)state;
	assert_null(address_parse_net("10.0.0.0/9", &net));
	assert_null(address_parse("10.127.255.255", &address));
	assert_true(address_within(&address, &net));
	assert_null(address_parse("10.128.0.0", &address));
	assert_false(address_within(&address, &net));
	assert_null(address_parse("::", &address));
	assert_false(address_within(&address, &net));
	assert_null(address_parse_net("::/0", &net));
	assert_true(address_within(&address, &net));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links_all_words_read),
		cmocka_unit_test(test_links_dhcp_named_to_the_client),
		cmocka_unit_test(test_links_dhcp_client_without_links_refused),
		cmocka_unit_test(test_links_dhcp_kernel_lacks_packet_sockets),
		cmocka_unit_test(test_links_inherited_line_by_line),
		cmocka_unit_test(test_links_slips_named),
		cmocka_unit_test(test_links_bad_addresses_named),
		cmocka_unit_test(test_links_bad_wireguard_named),
		cmocka_unit_test(test_address_within_compares_bits),
	};

	return cmocka_run_group_tests(tests, set_up, scratch_leave);
}
