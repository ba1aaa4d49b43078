/* SPDX-License-Identifier: ISC */
/*
 * A board's firewall as this machine's kernel has it: loaded by pid1's own code into a new
 * network namespace, listed by nft(8), and compared with what nft(8) makes of the same rules
 * in its own words. It needs what builds need, too: namespaces as any user.
 */
#include "scratch.h"

#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <sys/wait.h>

#include "builder/read/board.h"

#include "pid1/net/firewall.c"
#include "pid1/net/netlink.c"

#define HEAD                                                                             \
	"[board]\nname = b\narch = x86_64\nhostname = host\nversion = 2\n"               \
	"epoch = 2026-01-01T00:00:00Z\n"                                                 \
	"[kernel]\nrecipe = linux\nconfig = base\ncmdline = quiet noinitrd\n"            \
	"[image]\nrecipes = pid1 dhcpcd\nram = 128M\n"
#define INPUT                                                                            \
	"table inet ingot {\n chain input {\n"                                           \
	"  type filter hook input priority 0; policy drop;\n"                            \
	"  iifname \"lo\" accept\n"                                                      \
	"  ct state established,related accept\n"                                        \
	"  ct state invalid drop\n"                                                      \
	"  ip6 hoplimit 255 icmpv6 type 133-136 accept\n"                                \
	"  ip6 saddr fe80::/10 icmpv6 type 130-132 accept\n"                             \
	"  ip6 saddr fe80::/10 icmpv6 type 143 accept\n"
#define FORWARD                                                                          \
	" }\n chain forward {\n"                                                         \
	"  type filter hook forward priority 0; policy drop;\n"                          \
	"  ct state established,related accept\n"                                        \
	"  ct state invalid drop\n"

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
		"CONFIG_NF_TABLES=y\nCONFIG_NF_TABLES_INET=y\nCONFIG_NF_CONNTRACK=y\n"
		"CONFIG_NFT_CT=y\nCONFIG_NFT_LIMIT=y\nCONFIG_PACKET=y\n");
	return 0;
}

static int
write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Root of namespaces of our own, so that nft(8) still is when it is run. */
static int
enter(void)
{
	char map[64];

	snprintf(map, sizeof(map), "0 %u 1", (unsigned)geteuid());
	/* It is not on every user's path. */
	if (setenv("PATH", "/usr/sbin:/sbin:/usr/bin:/bin", 1) < 0 ||
		unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -1;
	return write_to("/proc/self/uid_map", map);
}

/* A child's work: its exit status tells what failed. */
static int
list_in_namespace(const struct config_net *net, const char *rules, const char *list)
{
	char command[256];

	if (enter() < 0)
		return 2;
	/* Twice: what is there is replaced. */
	for (int k = 0; net && k < 2; k++)
		if (firewall_load(net->firewall, net->firewall_size) != 0)
			return 3;
	snprintf(command, sizeof(command), "nft -f %s", rules);
	if (!net && system(command) != 0)
		return 4;
	snprintf(command, sizeof(command), "nft -j list ruleset >%s", list);
	return system(command) == 0 ? 0 : 5;
}

/* Numbers that the kernel gives out, in the order of its own work. */
static void
drop_handles(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_del(json, "handle");
	if (json_is_object(json))
		json_object_foreach(json, key, value) drop_handles(value);
	json_array_foreach(json, i, value) drop_handles(value);
}

/* The table, its chains and rules, one an item. */
static json_t *
list(const struct config_net *net, const char *rules)
{
	json_error_t why;
	json_t *json, *items;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(list_in_namespace(net, rules, "list.json"));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* 2: no namespaces, 3: the batch was refused, 4 and 5: nft(8) failed or is not there */
	assert_int_equal(status, 0);
	json = json_load_file("list.json", 0, &why);
	assert_non_null(json);
	drop_handles(json);
	items = json_incref(json_object_get(json, "nftables"));
	assert_non_null(items);
	json_decref(json);
	return items;
}

static void
same(const char *board_ini, const char *rules)
{
	struct error e = {.text = ""};
	struct board board;
	json_t *have, *want;

	scratch_write("boards/b/board.ini", board_ini);
	scratch_write("rules.nft", rules);
	(void)board_read(&board, "boards/b", &e);
	assert_string_equal(e.text, "");
	have = list(&board.net.config, NULL);
	want = list(NULL, "rules.nft");
	for (size_t i = 0; i < json_array_size(want); i++) {
		char *a = json_dumps(json_array_get(have, i), JSON_SORT_KEYS);
		char *b = json_dumps(json_array_get(want, i), JSON_SORT_KEYS);

		assert_non_null(a);
		assert_string_equal(a, b);
		free(a);
		free(b);
	}
	assert_int_equal(json_array_size(have), json_array_size(want));
	/* What nft(8) is, the table, two chains, eight rules and more. */
	assert_true(json_array_size(want) >= 12);
	json_decref(have);
	json_decref(want);
	board_free(&board);
}

static void
test_firewall_empty_section_drops_all_but_answers(void **state)
{
	(void)state;
	same(HEAD "[firewall]\n", INPUT FORWARD " }\n}\n");
}

static void
test_firewall_all_words_in_the_kernel(void **state)
{
	(void)state;
	same(HEAD "[services]\nenable = dhcpcd\n[links]\neth0 = dhcp\nwg0 = mtu 1400\n"
		  "[firewall]\n"
		  "accept =\n"
		  "\ttcp 22 from 10.0.0.0/8 on eth0\n"
		  "\tudp 51820\n"
		  "\ttcp 80,6000-6010 from 2001:db8::/33 to 2001:db8::1 limit 9\n"
		  "\techo limit 10\n"
		  "\techo from 192.0.2.0/25 on wg0\n"
		  "\tprotocol 2 on eth0\n"
		  "\tall on wg0\n"
		  "\tall from ::/0\n"
		  "forward = tcp 443 on wg0 out eth0 from 10.9.0.0/24\n"
		  "output = udp 514 to 10.0.2.2 on eth0\n",
		INPUT
		"  iifname \"eth0\" meta nfproto ipv4 udp sport 67 udp dport 68 accept\n"
		"  iifname \"eth0\" ip saddr 10.0.0.0/8 tcp dport 22 accept\n"
		"  udp dport 51820 accept\n"
		"  ip6 saddr 2001:db8::/33 ip6 daddr 2001:db8::1 tcp dport 80 limit rate 9/second burst 9 packets accept\n"
		"  ip6 saddr 2001:db8::/33 ip6 daddr 2001:db8::1 tcp dport 6000-6010 limit rate 9/second burst 9 packets accept\n"
		"  icmp type echo-request limit rate 10/second burst 10 packets accept\n"
		"  icmpv6 type echo-request limit rate 10/second burst 10 packets accept\n"
		"  iifname \"wg0\" ip saddr 192.0.2.0/25 icmp type echo-request accept\n"
		"  iifname \"eth0\" meta l4proto 2 accept\n"
		"  iifname \"wg0\" accept\n"
		"  meta nfproto ipv6 accept\n" FORWARD
		"  iifname \"wg0\" oifname \"eth0\" ip saddr 10.9.0.0/24 tcp dport 443 accept\n"
		" }\n chain output {\n"
		"  type filter hook output priority 0; policy drop;\n"
		"  oifname \"lo\" accept\n"
		"  ct state established,related accept\n"
		"  ct state invalid drop\n"
		"  ip6 hoplimit 255 icmpv6 type 133-136 accept\n"
		"  icmpv6 type 130-132 accept\n"
		"  icmpv6 type 143 accept\n"
		"  oifname \"eth0\" meta nfproto ipv4 udp sport 68 udp dport 67 accept\n"
		"  oifname \"eth0\" ip daddr 10.0.2.2 udp dport 514 accept\n"
		" }\n}\n");
}

/* What the kernel refuses leaves nothing behind. */
static void
test_firewall_refused_batch_changes_nothing(void **state)
{
	struct error e = {.text = ""};
	struct board board;
	uint8_t *broken;
	size_t size;
	int status;
	pid_t pid;

	(void)state;
	scratch_write("boards/b/board.ini", HEAD "[firewall]\naccept = tcp 22\n");
	assert_int_equal(board_read(&board, "boards/b", &e), 0);
	size = board.net.config.firewall_size;
	broken = malloc(size);
	assert_non_null(broken);
	memcpy(broken, board.net.config.firewall, size);
	board_free(&board);
	/* Its last rule has an expression that no kernel knows. */
	for (size_t i = size - 9; i > 0; i--)
		if (memcmp(broken + i, "immediate", 9) == 0) {
			broken[i] = 'x';
			break;
		}
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(enter() == 0 && firewall_load(broken, size) == -ENOENT &&
					system("test -z \"$(nft list ruleset)\"") == 0
				? 0
				: 1);
	free(broken);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_firewall_empty_section_drops_all_but_answers),
		cmocka_unit_test(test_firewall_all_words_in_the_kernel),
		cmocka_unit_test(test_firewall_refused_batch_changes_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, scratch_leave);
}
