/* SPDX-License-Identifier: ISC */
#include "board_text.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#define HEAD                                                                             \
	"[board]\nname = b\narch = x86_64\nhostname = host\nversion = 2\n"               \
	"epoch = 2026-01-01T00:00:00Z\n"                                                 \
	"[kernel]\nrecipe = linux\nconfig = base\ncmdline = quiet noinitrd\n"            \
	"[image]\nrecipes = pid1\nram = 128M\n"                                          \
	"[links]\neth0 =\nwg0 =\n"                                                       \
	"[firewall]\n" /* 17 lines */
#define SYMBOLS                                                                          \
	"CONFIG_NF_TABLES=y\nCONFIG_NF_TABLES_INET=y\nCONFIG_NF_CONNTRACK=y\n"           \
	"CONFIG_NFT_CT=y\n"

static int
set_up(void **state)
{
	if (scratch_enter(state) < 0)
		return -1;
	scratch_write("recipes/linux/recipe.ini", "");
	scratch_write("recipes/pid1/recipe.ini", "");
	return 0;
}

static int
all_symbols(void **state)
{
	(void)state;
	scratch_write("kernel-configs/base.config", SYMBOLS "CONFIG_NFT_LIMIT=y\n");
	return 0;
}

/* One line behind HEAD, the 18th, is refused with this. */
static void
refused(const char *line, const char *why)
{
	char text[8192], message[1024];

	snprintf(text, sizeof(text), "%s%s\n", HEAD, line);
	snprintf(message, sizeof(message), "%s:18: %s", path, why);
	scratch_refused(path, text, read_it, message);
}

/* The messages of a batch, one behind the other: how many. */
static unsigned
count_messages(const struct config_net *net)
{
	size_t at = 0;
	unsigned count = 0;

	while (at < net->firewall_size) {
		struct nlmsghdr head;
		const bool first = at == 0;

		assert_true(net->firewall_size - at >= sizeof(head));
		memcpy(&head, net->firewall + at, sizeof(head));
		assert_true(head.nlmsg_len >= sizeof(head));
		at += NLMSG_ALIGN(head.nlmsg_len);
		assert_true(at <= net->firewall_size);
		assert_int_equal(head.nlmsg_seq, count++);
		assert_int_equal(head.nlmsg_pid, 0);
		assert_int_equal(head.nlmsg_type == NFNL_MSG_BATCH_BEGIN, first);
		assert_int_equal(
			head.nlmsg_type == NFNL_MSG_BATCH_END, at == net->firewall_size);
		assert_int_equal(
			head.nlmsg_flags & NLM_F_ACK, at == net->firewall_size ? 4 : 0);
	}
	return count;
}

static void
test_firewall_no_section_no_batch(void **state)
{
	struct board b;

	(void)state;
	accepted("[board]\nname = b\narch = x86_64\nhostname = host\nversion = 2\n"
		 "epoch = 2026-01-01T00:00:00Z\n"
		 "[kernel]\nrecipe = linux\nconfig = base\ncmdline = quiet noinitrd\n"
		 "[image]\nrecipes = pid1\nram = 128M\n",
		&b);
	assert_null(b.net.config.firewall);
	assert_int_equal(b.net.config.firewall_size, 0);
	board_free(&b);
}

/* Begin, three for the table, two chains, three states, three neighbours, two states, end */
static void
test_firewall_empty_section_nothing_comes_in(void **state)
{
	struct board b;

	(void)state;
	accepted(HEAD, &b);
	assert_int_equal(count_messages(&b.net.config), 15);
	assert_int_equal(b.net.config.fail_open, 0);
	assert_int_equal(b.net.config.forward, 0);
	board_free(&b);
}

static void
test_firewall_rules_counted(void **state)
{
	struct board b;

	(void)state;
	accepted(HEAD "accept = tcp 22,80,6000-6010 on eth0 echo all on wg0\n"
		      "forward = all on wg0 out eth0\nrequired = no\n",
		&b);
	assert_int_equal(count_messages(&b.net.config), 15 + 3 + 2 + 1 + 1);
	assert_int_equal(b.net.config.fail_open, 1);
	assert_int_equal(b.net.config.forward, 1);
	board_free(&b);
	/* Its chain, lo, two states, three neighbours. */
	accepted(HEAD "output =\nforward =\n", &b);
	assert_int_equal(count_messages(&b.net.config), 15 + 7);
	assert_int_equal(b.net.config.forward, 0);
	board_free(&b);
}

static void
test_firewall_bytes_same_each_time(void **state)
{
	static const char text[] =
		HEAD "accept = tcp 22 from 10.0.0.0/8 on eth0 limit 5 echo\noutput =\n";
	struct board a, b;

	(void)state;
	accepted(text, &a);
	accepted(text, &b);
	assert_int_equal(a.net.config.firewall_size, b.net.config.firewall_size);
	assert_memory_equal(
		a.net.config.firewall, b.net.config.firewall, a.net.config.firewall_size);
	board_free(&a);
	board_free(&b);
}

static void
test_firewall_key_takes_the_inherited_ones_place(void **state)
{
	static const char child[] = "[board]\nname = b\ninherit = base\n";
	char text[512];
	struct board b;

	(void)state;
	scratch_write("boards/base/board.ini",
		"[board]\nname = base\narch = x86_64\nhostname = host\nversion = 2\n"
		"epoch = 2026-01-01T00:00:00Z\n"
		"[kernel]\nrecipe = linux\nconfig = base\ncmdline = quiet noinitrd\n"
		"[image]\nrecipes = pid1\nram = 128M\n"
		"[firewall]\naccept = tcp 22,80\nforward = all\n");
	accepted(child, &b);
	assert_int_equal(count_messages(&b.net.config), 15 + 2 + 1);
	board_free(&b);
	snprintf(text, sizeof(text), "%s[firewall]\naccept = tcp 22\nforward =\n", child);
	accepted(text, &b);
	assert_int_equal(count_messages(&b.net.config), 15 + 1);
	assert_int_equal(b.net.config.forward, 0);
	board_free(&b);
}

#define WANT                                                                             \
	"want tcp, udp, echo, protocol or all, and behind it from, to, on or limit, got "

static void
test_firewall_slips_named(void **state)
{
	(void)state;
	refused("open = tcp 22", "open: unknown key in [firewall]");
	refused("required = maybe", "required: want yes or no, got \"maybe\"");
	refused("accept = 22", "accept: " WANT "\"22\"");
	refused("accept = from 10.0.0.0/8 tcp 22", "accept: " WANT "\"from\"");
	refused("accept = tcp 22 form 10.0.0.0/8", "accept: " WANT "\"form\"");
	refused("accept = tcp 22 out eth0", "accept: " WANT "\"out\"");
	refused("forward = tcp 22 via eth0",
		"forward: want tcp, udp, echo, protocol or all, and behind it from, to, on, out or limit, got \"via\"");
	refused("accept = tcp 22 on eth1",
		"accept: on: want a link of [links], got \"eth1\"");
	refused("accept = tcp 22 on eth0 on eth0",
		"accept: on: is given twice, got \"eth0\"");
	refused("output = tcp 22 on", "output: on: want a link of [links], got \"\"");
	refused("accept = protocol 256",
		"accept: protocol: want a number from 1 to 255, got \"256\"");
	refused("accept = protocol icmp",
		"accept: protocol: want a number from 1 to 255, got \"icmp\"");
	refused("accept = echo limit 0",
		"accept: limit: want 1 to 1000000 packets a second, got \"0\"");
	refused("accept = echo limit 10/s",
		"accept: limit: want 1 to 1000000 packets a second, got \"10/s\"");
	refused("accept = echo limit 5 limit 6",
		"accept: limit: is given twice, got \"6\"");
	refused("accept = tcp 22 echo tcp 80,22",
		"accept: tcp: the same rule is given twice");
}

static void
test_firewall_bad_ports_and_nets_named(void **state)
{
	static const char *const ports[] = {"0", "65536", "22,", ",22", "22,,80", "9-8",
		"8-8", "8-", "-8", "022", "ssh"};
	char line[128], why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		snprintf(line, sizeof(line), "accept = udp %s", ports[i]);
		snprintf(why, sizeof(why),
			"accept: udp: want ports from 1 to 65535 such as 22, 22,80 or 6000-6010, got \"%s\"",
			ports[i]);
		refused(line, why);
	}
	refused("accept = tcp",
		"accept: tcp: want ports from 1 to 65535 such as 22, 22,80 or 6000-6010, got \"\"");
	refused("accept = tcp 22 from 10.0.0.1/8",
		"accept: from: want a net: no bits set behind its length, such as 192.0.2.0/24, got \"10.0.0.1/8\"");
	refused("accept = tcp 22 from home",
		"accept: from: want an address in numbers, such as 192.0.2.1 or 2001:db8::1, got \"home\"");
	refused("accept = tcp 22 from 10.0.0.0/8 to ::1",
		"accept: to: want from and to of the same kind, got \"::1\"");
	refused("accept = tcp 22 from 10.0.0.0/8 from 11.0.0.0/8",
		"accept: from: is given twice, got \"11.0.0.0/8\"");
}

/* Lists that make one rule more than there may be, and as many as there may be. */
static void
test_firewall_too_many_rules_refused(void **state)
{
	char text[8192] =
		"accept = tcp 1 to 2001:db8::/33 from 2001:db8::/32 on eth0 limit 1";
	char whole[9000];
	size_t at;
	struct board b;

	(void)state;
	for (unsigned i = 2; i <= 256; i++) {
		at = strlen(text);
		snprintf(text + at, sizeof(text) - at, " udp %u", i);
	}
	snprintf(whole, sizeof(whole), "%s%s\n", HEAD, text);
	accepted(whole, &b);
	assert_int_equal(count_messages(&b.net.config), 15 + 256);
	board_free(&b);
	at = strlen(text);
	snprintf(text + at, sizeof(text) - at, " udp 257");
	refused(text, "accept: want at most 256 rules, each port or range one of them");
}

/* As many rules of the longest kind have more bytes than one message may. */
static void
test_firewall_too_many_bytes_refused(void **state)
{
	static const char head[] = HEAD "forward =\n";
	char *text = malloc(64 * 1024);
	size_t at = sizeof(head) - 1;

	(void)state;
	assert_non_null(text);
	memcpy(text, head, sizeof(head));
	for (unsigned i = 1; i <= 256; i++)
		at += (size_t)snprintf(text + at, 200,
			" udp %u-6000 from 2001:db8::/33 to 2001:db9::/34 on eth0 out wg0 limit 9\n",
			i);
	scratch_refused(path, text, read_it,
		"boards/b/board.ini:17: [firewall]: want fewer rules: together they have more than 131072 bytes");
	free(text);
}

static void
test_firewall_kernel_without_symbol_refused(void **state)
{
	(void)state;
	scratch_write("kernel-configs/base.config", "CONFIG_NET=y\n");
	scratch_refused(path, HEAD, read_it,
		"boards/b/board.ini:17: [firewall]: the kernel lacks CONFIG_NF_TABLES: want a fragment with it in [kernel] config, such as \"firewall\", or as a module \"nf_tables\" in [modules]");
	scratch_write("kernel-configs/base.config", "CONFIG_NF_TABLES=y\n");
	scratch_refused(path, HEAD, read_it,
		"boards/b/board.ini:17: [firewall]: the kernel lacks CONFIG_NF_TABLES_INET: want a fragment with it in [kernel] config, such as \"firewall\"");
	scratch_write("kernel-configs/base.config", SYMBOLS);
	scratch_refused(path, HEAD "accept = echo limit 1\n", read_it,
		"boards/b/board.ini:17: [firewall]: the kernel lacks CONFIG_NFT_LIMIT: want a fragment with it in [kernel] config, such as \"firewall\", or as a module \"nft_limit\" in [modules]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_firewall_no_section_no_batch, all_symbols),
		cmocka_unit_test_setup(
			test_firewall_empty_section_nothing_comes_in, all_symbols),
		cmocka_unit_test_setup(test_firewall_rules_counted, all_symbols),
		cmocka_unit_test_setup(test_firewall_bytes_same_each_time, all_symbols),
		cmocka_unit_test_setup(
			test_firewall_key_takes_the_inherited_ones_place, all_symbols),
		cmocka_unit_test_setup(test_firewall_slips_named, all_symbols),
		cmocka_unit_test_setup(
			test_firewall_bad_ports_and_nets_named, all_symbols),
		cmocka_unit_test_setup(test_firewall_too_many_rules_refused, all_symbols),
		cmocka_unit_test_setup(test_firewall_too_many_bytes_refused, all_symbols),
		cmocka_unit_test(test_firewall_kernel_without_symbol_refused),
	};

	return cmocka_run_group_tests(tests, set_up, scratch_leave);
}
