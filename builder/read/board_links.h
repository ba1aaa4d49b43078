/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOARD_LINKS_H
#define BUILDER_BOARD_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/strlist.h"

struct board;
struct board_net;
struct config_link;
struct config_peer;
struct error;
struct found;

/* One line of [links], word by word. */
struct links_reader {
	struct board_net *net;
	const struct found *f;
	struct strlist words;
	size_t at; /* the next word */
	uint8_t link;
	struct config_peer *peer; /* the one that words are about now, or NULL */
	const char *verb;
	struct error *e;
};

/* What the files of this section share; an int is 0 or -EINVAL with the message. */
struct config_link *links_link(const struct links_reader *r);
int links_bad(const struct links_reader *r, const char *want, const char *got);
int links_full(const struct links_reader *r, const char *what, int most);
/* A copy that lives as long as the board. */
const char *links_keep(struct board_net *net, const char *text);
/* The next word, NULL at the end. */
const char *links_next(struct links_reader *r);
/* The same, but "" at the end: what is wrong is then said by who reads it. */
const char *links_value(struct links_reader *r);
/* True if the next word is this one, which is then taken. */
bool links_next_is(struct links_reader *r, const char *word);
int links_number(struct links_reader *r, unsigned long least, unsigned long most,
	const char *want, unsigned long *number);
int links_path(struct links_reader *r, const char **path);

/* WireGuard's words, each with the word itself already taken. */
int links_read_wireguard(struct links_reader *r);
int links_read_peer(struct links_reader *r);
int links_read_endpoint(struct links_reader *r);
int links_read_allow(struct links_reader *r);
int links_read_keepalive(struct links_reader *r);
int links_read_preshared(struct links_reader *r);

/* Tells the DHCP client of its links, by their index in found: 0 or -errno with e. */
int links_add_dhcp(struct board *board, const struct found *found, struct error *e);

#endif
