/* SPDX-License-Identifier: ISC */
#include "board_links.h"

#include <errno.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"
#include "board.h"
#include "board_layers.h"
#include "board_net.h"

#define CLIENT "dhcpcd" /* the service that links with the word dhcp are for */

/*
 * The client is told which links are its own, as one last argument: "eth0,eth1". Without
 * one it would take all that there are.
 */
int
links_add_dhcp(struct board *board, const struct found *found, struct error *e)
{
	const struct config_net *net = &board->net.config;
	char names[CONFIG_LINKS * (CONFIG_LINK_NAME + 1) + 1] = "";
	const struct found *first = NULL;
	struct service *client = NULL;

	for (size_t i = 0; i < net->link_count; i++) {
		if (!(net->links[i].flags & LINK_DHCP))
			continue;
		if (first)
			strcat(names, ",");
		else
			first = &found[i];
		strcat(names, net->links[i].name);
	}
	for (size_t i = 0; i < board->service_count; i++)
		if (strcmp(board->services[i].name, CLIENT) == 0)
			client = &board->services[i];
	if (!first && !client)
		return 0;
	if (!first)
		return error_set(e, EINVAL,
			"%s: is enabled, but no link of the board's [links] says dhcp",
			client->file);
	if (!client)
		return ini_bad(first->ini, first->entry, e,
			"dhcp: want the service \"" CLIENT
			"\" in [services] enable, which gets the address");
	if (client->arguments.count == CONFIG_ARGUMENTS)
		return ini_bad(first->ini, first->entry, e,
			"dhcp: the service \"" CLIENT "\" has too many arguments");
	return strlist_add(&client->arguments, names);
}
