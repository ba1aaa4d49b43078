/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOARD_NET_H
#define BUILDER_BOARD_NET_H

#include "lib/config_net.h"
#include "lib/strlist.h"

struct board;
struct error;
struct found;
struct layers;

/* [links] and [firewall] of a board. Strings are in `kept`. */
struct board_net {
	struct config_net config;
	struct strlist kept;
};

/* After the services are read: DHCP links become arguments of theirs. 0 or -errno. */
int board_read_links(struct board *board, struct layers *layers, struct error *e);

/* After [links], whose names it uses: the batch of rules. 0 or -errno. */
int board_read_firewall(struct board *board, struct layers *layers, struct error *e);
void board_net_free(struct board_net *net);

/* 0 if the kernel of the board is asked for the symbol, built in or as the module that
 * [modules] loads; else the message says which fragment has it. module may be NULL. */
int board_need_symbol(const struct board *board, const struct found *f,
	const char *symbol, const char *module, const char *fragment, struct error *e);

#endif
