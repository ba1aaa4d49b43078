/* SPDX-License-Identifier: ISC */
#include "link.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/config.h"
#include "pid1/base/clock.h"
#include "address.h"
#include "firewall.h"
#include "link_message.h"
#include "pid1/log/log.h"
#include "netlink.h"
#include "pid1/start/sysctl.h"
#include "pid1/base/timeline.h"
#include "wireguard.h"

#define NEVER	   UINT64_MAX
#define FIRST_MS   1000 /* before the second try; doubled up to */
#define LONGEST_MS 60000
#define EVENTS	   64 /* messages taken in one call */

/* Something that is tried until it works. */
struct attempt {
	uint64_t due_ms; /* NEVER: it is done, or waits for a device */
	uint64_t wait_ms;
	char why[160]; /* of the last failure, "" for none */
};

static struct {
	const struct config_net *net;
	int fd, events_fd; /* of rtnetlink; -1: none */
	struct attempt firewall;
	bool held; /* no link before the firewall */
	bool told; /* that somebody else brought one up meanwhile */
	struct {
		struct attempt attempt;
		int index; /* the kernel's, 0: it is not there */
		bool up, carrier, missed;
	} links[CONFIG_LINKS];
} state = {.fd = -1, .events_fd = -1};

static NETLINK_ALIGN struct netlink_message message;

static void
succeeded(struct attempt *a)
{
	a->due_ms = NEVER;
	a->wait_ms = 0;
	a->why[0] = '\0';
}

/* Says why, unless it is what was said last, and sets the time of the next try. */
static void __attribute__((format(printf, 2, 3)))
failed(struct attempt *a, const char *format, ...)
{
	char why[sizeof(a->why)];
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	if (strcmp(why, a->why) != 0)
		log_say("%s", why);
	memcpy(a->why, why, sizeof(why));
	a->wait_ms = a->wait_ms ? 2 * a->wait_ms : FIRST_MS;
	if (a->wait_ms > LONGEST_MS)
		a->wait_ms = LONGEST_MS;
	a->due_ms = clock_ms() + a->wait_ms;
}

static int
talk(void)
{
	return netlink_talk(state.fd, &message, NULL);
}

/* The index of a link by name and what the kernel says of it; -ENODEV: it is not there. */
static int
look(const char *name, struct link_news *news)
{
	static NETLINK_ALIGN struct netlink_message answer;
	const uint8_t *data = answer.data;
	const struct nlmsghdr *said;
	int r;

	link_ask(&message, name);
	r = netlink_talk(state.fd, &message, &answer);
	if (r < 0)
		return r;
	said = netlink_next(&data, &answer.size);
	return said && link_read(said, news) ? news->index : -EPROTO;
}

/* Makes a link that no driver brings. */
static int
make(size_t i, struct link_news *news)
{
	const struct config_link *link = &state.net->links[i];
	int parent = 0, r;

	if (link->kind == LINK_VLAN) {
		parent = state.links[link->parent].index;
		if (parent == 0)
			return -ENODEV;
	}
	link_make(&message, link, parent);
	r = talk();
	return r < 0 && r != -EEXIST ? r : look(link->name, news);
}

static int
set_addresses(size_t i, int index, char *what, size_t size)
{
	const struct config_net *net = state.net;
	char text[ADDRESS_TEXT];

	for (size_t k = 0; k < net->address_count; k++) {
		int r;

		if (net->addresses[k].link != i)
			continue;
		link_address(&message, index, &net->addresses[k].prefix);
		r = talk();
		if (r == 0)
			continue;
		snprintf(what, size, "address %s",
			address_text(&net->addresses[k].prefix, text));
		return r;
	}
	return 0;
}

static int
set_routes(size_t i, int index, char *what, size_t size)
{
	const struct config_net *net = state.net;
	char text[ADDRESS_TEXT];

	for (size_t k = 0; k < net->route_count; k++) {
		int r;

		if (net->routes[k].link != i)
			continue;
		link_route(&message, index, &net->routes[k]);
		r = talk();
		if (r == 0)
			continue;
		snprintf(what, size, "route %s", address_text(&net->routes[k].to, text));
		return r;
	}
	return 0;
}

/* Its address comes from elsewhere: a gateway in that net cannot be set before. */
static bool
is_given_address(size_t i)
{
	return state.net->links[i].flags & (LINK_DHCP | LINK_AUTO);
}

static bool
has_routes(size_t i)
{
	for (size_t k = 0; k < state.net->route_count; k++)
		if (state.net->routes[k].link == i)
			return true;
	return false;
}

/* All that the board says of a link that is there. What is set already stays as it is. */
static int
set_all(size_t i, int index, char *what, size_t size)
{
	const struct config_link *link = &state.net->links[i];
	const char *part;
	int r = 0;

	if (link->kind == LINK_WIREGUARD) {
		r = wireguard_apply(state.net, i, index, &part);
		snprintf(what, size, "%s", part);
	}
	if (r < 0)
		return r;
	sysctl_link(link->name, link->flags, state.net->forward);
	if (link->mtu) {
		snprintf(what, size, "mtu %u", link->mtu);
		link_set_mtu(&message, index, link->mtu);
		r = talk();
	}
	if (r == 0)
		r = set_addresses(i, index, what, size);
	if (r < 0)
		return r;
	snprintf(what, size, "up");
	link_set_up(&message, index);
	r = talk();
	if (r == 0)
		r = set_routes(i, index, what, size);
	/* They come with the address: take_route(). */
	return is_given_address(i) && (r == -ENETUNREACH || r == -EHOSTUNREACH) ? 0 : r;
}

static void
say_carrier(size_t i)
{
	const struct config_link *link = &state.net->links[i];

	if (link->kind != LINK_WIREGUARD)
		log_say("link %s: %s", link->name,
			state.links[i].carrier ? "carrier" : "no carrier");
}

/* VLANs on it can come, too. */
static void
wake_children(size_t i)
{
	for (size_t k = 0; k < state.net->link_count; k++)
		if (state.net->links[k].kind == LINK_VLAN &&
			state.net->links[k].parent == i && !state.links[k].up)
			state.links[k].attempt.due_ms = 0;
}

static void
bring(size_t i)
{
	const struct config_link *link = &state.net->links[i];
	struct attempt *a = &state.links[i].attempt;
	struct link_news news;
	char what[64] = "";
	int r = look(link->name, &news);

	if (r == -ENODEV && link->kind != LINK_DEVICE) {
		snprintf(what, sizeof(what), "the link itself");
		r = make(i, &news);
	}
	if (r == -ENODEV) {
		/* Its device, or its parent's, says when it comes. */
		if (!state.links[i].missed)
			log_say("link %s: not there yet", link->name);
		state.links[i].missed = true;
		succeeded(a);
		return;
	}
	if (r > 0) {
		state.links[i].index = r;
		r = set_all(i, r, what, sizeof(what));
	}
	if (r < 0) {
		failed(a, "link %s: %s: %s", link->name, what, strerror(-r));
		return;
	}
	succeeded(a);
	if (!state.links[i].up) {
		log_say("link %s: up", link->name);
		timeline_mark("link", link->name, "up");
		state.links[i].carrier = false;
		wake_children(i);
	}
	state.links[i].up = true;
	/* The carrier comes with an event of its own, unless it was there before. */
	if (news.carrier && !state.links[i].carrier) {
		state.links[i].carrier = true;
		say_carrier(i);
	}
}

static void
load_firewall(void)
{
	struct attempt *a = &state.firewall;
	int r = firewall_load(state.net->firewall, state.net->firewall_size);

	if (r < 0) {
		failed(a, "firewall: cannot load: %s: %s", strerror(-r),
			state.net->fail_open ? "links come up without it"
					     : "links stay down");
		return;
	}
	succeeded(a);
	state.held = false;
	log_say("firewall: loaded");
	timeline_mark("firewall", "", "loaded");
}

static void
lost(size_t i)
{
	if (state.links[i].index)
		log_say("link %s: gone", state.net->links[i].name);
	state.links[i].index = 0;
	state.links[i].up = state.links[i].carrier = false;
	/* One that we make comes again as soon as it can. */
	if (state.net->links[i].kind != LINK_DEVICE)
		state.links[i].attempt.due_ms = 0;
}

/* A service, such as a DHCP client, may bring up what we do not. */
static void
hold_down(const struct link_news *news)
{
	int r;

	if (!state.held || !news->up || news->gone || strcmp(news->name, "lo") == 0)
		return;
	link_set_down(&message, news->index);
	r = talk();
	if (!state.told)
		log_say("link %s: up without a firewall: taken down: %s", news->name,
			r < 0 ? strerror(-r) : "done");
	state.told = true;
}

static void
take_news(const struct link_news *news)
{
	hold_down(news);
	for (size_t i = 0; i < state.net->link_count; i++) {
		bool named = strcmp(state.net->links[i].name, news->name) == 0;
		bool known = state.links[i].index == news->index;

		if (known && (news->gone || !named))
			lost(i);
		else if (named && !known && !news->gone)
			state.links[i].attempt.due_ms = 0;
		if (!named || !known || news->gone || !state.links[i].up ||
			state.links[i].carrier == news->carrier)
			continue;
		state.links[i].carrier = news->carrier;
		say_carrier(i);
	}
}

/* The net of a new address: it is time for the board's own routes, which may have gone
 * with the last one. */
static void
take_route(int index)
{
	char what[64];
	int r;

	for (size_t i = 0; i < state.net->link_count; i++) {
		if (state.links[i].index != index || !is_given_address(i))
			continue;
		r = set_routes(i, index, what, sizeof(what));
		if (r < 0 && r != -ENETUNREACH && r != -EHOSTUNREACH)
			failed(&state.links[i].attempt, "link %s: %s: %s",
				state.net->links[i].name, what, strerror(-r));
	}
}

void
link_ready(void)
{
	static struct netlink_message said;

	for (int k = 0; k < EVENTS; k++) {
		ssize_t n =
			netlink_receive(state.events_fd, said.data, sizeof(said.data));
		const uint8_t *data = said.data;
		size_t size = n > 0 ? (size_t)n : 0;
		const struct nlmsghdr *one;
		struct link_news news;

		/* Some were lost: all is looked at again. */
		if (n < 0 && errno == ENOBUFS)
			for (size_t i = 0; i < state.net->link_count; i++)
				state.links[i].attempt.due_ms = 0;
		else if (n <= 0)
			return;
		while ((one = netlink_next(&data, &size)))
			if (link_read(one, &news))
				take_news(&news);
			else if (link_read_route(one) > 0)
				take_route(link_read_route(one));
	}
}

void
link_advance(uint64_t now_ms)
{
	bool again = true;

	if (!state.net || state.fd < 0)
		return;
	if (state.firewall.due_ms <= now_ms)
		load_firewall();
	/* Twice at most: a device first, and then the VLANs that it woke. */
	for (int pass = 0; !state.held && again && pass < 2; pass++) {
		again = false;
		for (size_t i = 0; i < state.net->link_count; i++) {
			if (state.links[i].attempt.due_ms > now_ms)
				continue;
			bring(i);
			again = true;
		}
	}
}

uint64_t
link_deadline(void)
{
	uint64_t due = NEVER;

	if (!state.net || state.fd < 0)
		return due;
	due = state.firewall.due_ms;
	for (size_t i = 0; !state.held && i < state.net->link_count; i++)
		if (state.links[i].attempt.due_ms < due)
			due = state.links[i].attempt.due_ms;
	return due;
}

void
link_init(const struct config *config, void (*watch)(int fd))
{
	const struct config_net *net = &config->net;
	uint32_t groups = RTMGRP_LINK;
	struct link_news lo;
	int r;

	state.net = net;
	for (size_t i = 0; i < net->link_count; i++)
		if (is_given_address(i) && has_routes(i))
			groups |= RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
	state.fd = netlink_open(NETLINK_ROUTE, 0);
	if (state.fd < 0) {
		if (net->link_count > 0)
			log_say("links: the kernel has no network: %s",
				strerror(-state.fd));
		return;
	}
	sysctl_network(net->forward);
	r = look("lo", &lo);
	if (r > 0) {
		link_set_up(&message, r);
		r = talk();
	}
	if (r < 0)
		log_say("link lo: %s", strerror(-r));
	/* Before the first look, so that nothing falls in between. */
	state.firewall.due_ms = net->firewall_size ? 0 : NEVER;
	state.held = net->firewall_size && !net->fail_open;
	if (net->link_count || state.held)
		state.events_fd = netlink_open(NETLINK_ROUTE, groups);
	if (state.events_fd >= 0)
		watch(state.events_fd);
	else if (net->link_count || state.held)
		log_say("links: no events: %s", strerror(-state.events_fd));
	link_advance(clock_ms());
}

bool
link_status(size_t index, struct link_status *status)
{
	if (!state.net || index >= state.net->link_count)
		return false;
	*status = (struct link_status){
		.name = state.net->links[index].name,
		.why = state.held ? state.firewall.why : state.links[index].attempt.why,
		.index = state.links[index].index,
		.up = state.links[index].up,
		.carrier = state.links[index].carrier,
	};
	return true;
}
