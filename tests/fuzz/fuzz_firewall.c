/* SPDX-License-Identifier: ISC */
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "builder/read/board.h"
#include "lib/error.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char head[] = "[board]\nname = fuzz\narch = x86_64\nhostname = host\n"
			   "version = 1\nepoch = 2026-01-01T00:00:00Z\n"
			   "[kernel]\nrecipe = linux\nconfig = firewall\n"
			   "cmdline = noinitrd\n"
			   "[image]\nrecipes = pid1\nram = 128M\n"
			   "[links]\neth0 =\nwg0 =\n"
			   "[firewall]\n";

/* Names are looked up in the checkout that the harness is started in. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return setenv("INGOT_TREE", ".", 0);
}

/* Whole messages, one behind the other, the last of them the batch's end. */
static void
check(const struct config_net *net)
{
	struct nlmsghdr message = {0};
	size_t at = 0;

	while (at < net->firewall_size) {
		if (net->firewall_size - at < sizeof(message))
			__builtin_trap();
		memcpy(&message, net->firewall + at, sizeof(message));
		if (message.nlmsg_len < sizeof(message) ||
			NLMSG_ALIGN(message.nlmsg_len) > net->firewall_size - at)
			__builtin_trap();
		at += NLMSG_ALIGN(message.nlmsg_len);
	}
	if (message.nlmsg_type != NFNL_MSG_BATCH_END || config_net_fault(net))
		__builtin_trap();
}

/* Any bytes as the section [firewall]: a batch or a message, nothing leaked. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct board board;
	struct error e = {.text = ""};
	char *text = malloc(sizeof(head) + size);
	int r;

	if (!text)
		return 0;
	memcpy(text, head, sizeof(head) - 1);
	if (size > 0)
		memcpy(text + sizeof(head) - 1, data, size);
	r = board_parse(
		&board, "boards/fuzz", "board.ini", text, sizeof(head) - 1 + size, &e);
	free(text);
	if (r > 0 || (r < 0 && !e.text[0]))
		__builtin_trap();
	if (r == 0)
		check(&board.net.config);
	board_free(&board);
	return 0;
}
