/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "address.h"
#include "board.h"
#include "board_layers.h"
#include "board_net.h"
#include "firewall_batch.h"
#include "builder/base/xalloc.h"

#define RATE 1000000 /* packets a second, at most */

/* The words of one key. */
struct rules_reader {
	const struct config_net *net;
	const struct found *f;
	enum firewall_chain chain;
	struct firewall *firewall;
	struct strlist words;
	size_t at; /* the next word */
	struct error *e;
};

/* The next word, "" at the end: what is wrong is then said by who reads it. */
static const char *
next(struct rules_reader *r)
{
	return r->at < r->words.count ? r->words.item[r->at++] : "";
}

static int
bad(const struct rules_reader *r, const char *what, const char *want, const char *got)
{
	return ini_bad(
		r->f->ini, r->f->entry, r->e, "%s: %s, got \"%.80s\"", what, want, got);
}

static int
add(struct rules_reader *r, const struct firewall_rule *rule, const char *verb)
{
	struct firewall *firewall = r->firewall;

	for (size_t i = 0; i < firewall->count; i++)
		if (memcmp(&firewall->rule[i], rule, sizeof(*rule)) == 0)
			return ini_bad(r->f->ini, r->f->entry, r->e,
				"%s: the same rule is given twice", verb);
	if (firewall->count == FIREWALL_RULES)
		return ini_bad(r->f->ini, r->f->entry, r->e,
			"want at most %d rules, each port or range one of them",
			FIREWALL_RULES);
	firewall->rule[firewall->count++] = *rule;
	return 0;
}

/* One item of a list of ports, which it is cut off from; NULL: no such item. */
static char *
take_item(char **rest)
{
	char *item = *rest, *comma = item ? strchr(item, ',') : NULL;

	*rest = comma ? comma + 1 : NULL;
	if (comma)
		*comma = '\0';
	return item;
}

/* A rule for each port or range of "22,80,6000-6010". */
static int
add_ports(struct rules_reader *r, struct firewall_rule *rule, const char *verb,
	const char *ports)
{
	char *copy = xstrdup(ports), *rest = copy, *item;
	int result = 0;

	while (result == 0 && (item = take_item(&rest))) {
		char *dash = strchr(item, '-');

		if (dash)
			*dash = '\0';
		if (!address_port(item, &rule->first) ||
			!address_port(dash ? dash + 1 : item, &rule->last) ||
			(dash && rule->first >= rule->last))
			result = bad(r, verb,
				"want ports from 1 to 65535 such as 22, 22,80 or 6000-6010",
				ports);
		else
			result = add(r, rule, verb);
	}
	free(copy);
	return result;
}

static int
read_net(struct rules_reader *r, const char *verb, struct config_prefix *prefix,
	const struct config_prefix *other)
{
	const char *word = next(r), *why;

	if (prefix->family)
		return bad(r, verb, "is given twice", word);
	why = address_parse_net(word, prefix);
	if (!why && other->family && other->family != prefix->family)
		why = "want from and to of the same kind";
	return why ? bad(r, verb, why, word) : 0;
}

static int
read_link(struct rules_reader *r, const char *verb, char link[])
{
	const char *word = next(r);

	if (link[0])
		return bad(r, verb, "is given twice", word);
	for (size_t i = 0; i < r->net->link_count; i++) {
		if (strcmp(r->net->links[i].name, word) != 0)
			continue;
		strcpy(link, word);
		return 0;
	}
	return bad(r, verb, "want a link of [links]", word);
}

static int
read_limit(struct rules_reader *r, const char *verb, uint32_t *limit)
{
	const char *word = next(r);
	unsigned long rate;

	if (*limit)
		return bad(r, verb, "is given twice", word);
	if (!address_number(word, RATE, &rate) || rate == 0)
		return bad(r, verb, "want 1 to 1000000 packets a second", word);
	*limit = (uint32_t)rate;
	return 0;
}

/* "from NET", "to NET", "on LINK", "out LINK", "limit N" in any order; 1: another word. */
static int
read_condition(struct rules_reader *r, struct firewall_rule *rule)
{
	const char *verb = next(r);
	const bool leaves = r->chain == FIREWALL_OUTPUT;

	if (strcmp(verb, "from") == 0)
		return read_net(r, verb, &rule->from, &rule->to);
	if (strcmp(verb, "to") == 0)
		return read_net(r, verb, &rule->to, &rule->from);
	if (strcmp(verb, "on") == 0)
		return read_link(r, verb, leaves ? rule->out : rule->in);
	if (strcmp(verb, "out") == 0 && r->chain == FIREWALL_FORWARD)
		return read_link(r, verb, rule->out);
	if (strcmp(verb, "limit") == 0)
		return read_limit(r, verb, &rule->limit);
	r->at--;
	return 1;
}

/* "tcp PORTS", "udp PORTS", "echo", "protocol N" or "all" */
static int
read_what(struct rules_reader *r, const char *verb, struct firewall_rule *rule,
	const char **ports)
{
	const char *word;
	unsigned long number;

	if (strcmp(verb, "tcp") == 0 || strcmp(verb, "udp") == 0) {
		rule->what = FIREWALL_PORTS;
		rule->protocol = verb[0] == 't' ? IPPROTO_TCP : IPPROTO_UDP;
		*ports = next(r);
		return 0;
	}
	if (strcmp(verb, "echo") == 0 || strcmp(verb, "all") == 0) {
		rule->what = verb[0] == 'e' ? FIREWALL_ECHO : FIREWALL_ALL;
		return 0;
	}
	if (strcmp(verb, "protocol") != 0)
		return ini_bad(r->f->ini, r->f->entry, r->e,
			"want tcp, udp, echo, protocol or all, and behind it from, to, on%s or limit, got \"%.80s\"",
			r->chain == FIREWALL_FORWARD ? ", out" : "", verb);
	rule->what = FIREWALL_PROTOCOL;
	word = next(r);
	if (!address_number(word, 255, &number) || number == 0)
		return bad(r, verb, "want a number from 1 to 255", word);
	rule->protocol = (uint8_t)number;
	return 0;
}

static int
read_rule(struct rules_reader *r)
{
	const char *verb = next(r), *ports = NULL;
	struct firewall_rule rule;
	int result;

	memset(&rule, 0, sizeof(rule));
	rule.chain = (uint8_t)r->chain;
	result = read_what(r, verb, &rule, &ports);
	while (result == 0 && r->at < r->words.count)
		result = read_condition(r, &rule);
	if (result < 0)
		return result;
	return ports ? add_ports(r, &rule, verb, ports) : add(r, &rule, verb);
}

static int
read_rules(struct board *board, struct layers *l, const char *key,
	enum firewall_chain chain, struct firewall *firewall, struct error *e)
{
	struct found f;
	struct rules_reader reader = {.net = &board->net.config,
		.f = &f,
		.chain = chain,
		.firewall = firewall,
		.e = e};
	const size_t before = firewall->count;
	int r;

	if (!layers_get(l, "firewall", key, &f))
		return 0;
	r = strlist_split(&reader.words, f.entry->value);
	while (r == 0 && reader.at < reader.words.count)
		r = read_rule(&reader);
	strlist_free(&reader.words);
	if (chain == FIREWALL_OUTPUT)
		firewall->output = true;
	if (chain == FIREWALL_FORWARD)
		board->net.config.forward = firewall->count > before;
	return r;
}

static bool
has_limit(const struct firewall *firewall)
{
	for (size_t i = 0; i < firewall->count; i++)
		if (firewall->rule[i].limit)
			return true;
	return false;
}

static int
check_kernel(const struct board *board, const struct found *section, bool limit,
	struct error *e)
{
	static const struct {
		const char *symbol, *module;
	} needed[] = {
		{"NF_TABLES", "nf_tables"}, {"NF_TABLES_INET", NULL},
		{"NF_CONNTRACK", "nf_conntrack"}, {"NFT_CT", "nft_ct"},
		{"NFT_LIMIT", "nft_limit"}, /* the last: only if a rule has one */
	};
	const size_t count = sizeof(needed) / sizeof(needed[0]) - !limit;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = board_need_symbol(board, section, needed[i].symbol, needed[i].module,
			"firewall", e);
	return r;
}

/* The section of the board, or of the one that it inherits; false: there is none. */
static bool
find_section(struct layers *l, struct found *section, struct ini_entry *head)
{
	const struct ini *const layers[] = {&l->own, &l->base};

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < layers[k]->section_count; i++) {
			if (strcmp(layers[k]->section[i].name, "firewall") != 0)
				continue;
			head->line = layers[k]->section[i].line;
			*section = (struct found){layers[k], head};
			return true;
		}
	return false;
}

int
board_read_firewall(struct board *board, struct layers *l, struct error *e)
{
	static char title[] = "[firewall]";
	struct ini_entry head = {.section = title, .key = title};
	struct found section, f;
	struct firewall *firewall;
	bool required = true;
	int r = 0;

	if (!find_section(l, &section, &head))
		return 0;
	firewall = xcalloc(1, sizeof(*firewall));
	if (layers_get(l, "firewall", "required", &f))
		r = ini_bool(f.ini, f.entry, &required, e);
	board->net.config.fail_open = !required;
	if (r == 0)
		r = read_rules(board, l, "accept", FIREWALL_INPUT, firewall, e);
	if (r == 0)
		r = read_rules(board, l, "forward", FIREWALL_FORWARD, firewall, e);
	if (r == 0)
		r = read_rules(board, l, "output", FIREWALL_OUTPUT, firewall, e);
	if (r == 0)
		r = check_kernel(board, &section, has_limit(firewall), e);
	if (r == 0 && firewall_compile(firewall, &board->net.config,
			      (uint8_t **)(uintptr_t)&board->net.config.firewall,
			      &board->net.config.firewall_size) < 0)
		r = ini_bad(section.ini, section.entry, e,
			"want fewer rules: together they have more than %d bytes",
			CONFIG_FIREWALL);
	free(firewall);
	return r;
}
