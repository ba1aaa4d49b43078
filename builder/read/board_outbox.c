/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config_log.h"
#include "lib/error.h"
#include "lib/ini.h"
#include "lib/strlist.h"
#include "board.h"
#include "board_layers.h"
#include "board_parts.h"
#include "builder/base/field.h"
#include "builder/base/xalloc.h"

#define SENDER	"outbox" /* the service that sends the files */
#define HTTP	"http://"
#define LEAST	1024 /* bytes a second: less looks like a dead connection */
#define LONGEST 512 /* of a collector's address */

/* "192.0.2.1:80" or "[2001:db8::1]:80": digits, so that no resolver is needed. */
static bool
is_host(const char *text, size_t length)
{
	char host[64];
	unsigned char bytes[16];
	unsigned long port;
	char *colon, *end;

	if (length >= sizeof(host))
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	colon = strrchr(host, ':');
	if (!colon || colon[1] < '1' || colon[1] > '9')
		return false;
	port = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || port > 65535)
		return false;
	*colon = '\0';
	if (host[0] != '[')
		return inet_pton(AF_INET, host, bytes) == 1;
	end = strchr(host, ']');
	if (!end || end[1] != '\0')
		return false;
	*end = '\0';
	return inet_pton(AF_INET6, host + 1, bytes) == 1;
}

static int
read_url(struct board *board, const struct found *f, struct error *e)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	const char *text = f->entry->value, *host = text + strlen(HTTP);
	size_t length;

	if (strncmp(text, HTTP, strlen(HTTP)) != 0)
		return ini_bad(f->ini, f->entry, e,
			"want http://ADDRESS:PORT or http://ADDRESS:PORT/PATH, got \"%.80s\"",
			text);
	length = strcspn(host, "/");
	if (!is_host(host, length) ||
		host[length + strspn(host + length, allowed)] != '\0' ||
		strlen(text) > LONGEST)
		return ini_bad(f->ini, f->entry, e,
			"want an address in numbers, a port and a plain path, such as http://192.0.2.1:8080/device, got \"%.80s\"",
			text);
	board->outbox.url = xstrdup(text);
	return 0;
}

static int
read_priorities(struct board *board, struct layers *l, struct error *e)
{
	static const char *const otherwise[] = {"critical", "normal", "bulk"};
	struct strlist words = {0};
	struct found f;
	int r;

	if (!layers_get(l, "outbox", "priorities", &f)) {
		for (size_t i = 0; i < 3; i++)
			board->outbox.priorities[i] = xstrdup(otherwise[i]);
		return 0;
	}
	r = field_names(f.ini, f.entry, false, NAME_OTHER, &words, e);
	if (r == 0 && words.count > CONFIG_PRIORITIES)
		r = ini_bad(f.ini, f.entry, e, "want at most %d priorities",
			CONFIG_PRIORITIES);
	for (size_t i = 0; r == 0 && i < words.count; i++)
		board->outbox.priorities[i] = xstrdup(words.item[i]);
	strlist_free(&words);
	return r;
}

static int
read_bandwidth(struct board *board, const struct found *f, struct error *e)
{
	uint64_t *bandwidth = &board->outbox.bandwidth;
	int r = field_size(f->ini, f->entry, bandwidth, e);

	if (r == 0 && *bandwidth < LEAST)
		r = ini_bad(f->ini, f->entry, e,
			"want at least 1K bytes a second, got \"%s\"", f->entry->value);
	return r;
}

int
board_read_outbox(struct board *board, struct layers *l, struct error *e)
{
	static const char *const keys[] = {"bandwidth", "priorities"};
	struct config_outbox *outbox = &board->outbox;
	struct found f;
	int r;

	for (outbox->sender = 0; outbox->sender < board->service_count; outbox->sender++)
		if (strcmp(board->services[outbox->sender].name, SENDER) == 0)
			break;
	if (!layers_get(l, "outbox", "collector", &f)) {
		for (size_t i = 0; i < 2; i++)
			if (layers_get(l, "outbox", keys[i], &f))
				return ini_bad(f.ini, f.entry, e,
					"want [outbox] collector beside it");
		return 0;
	}
	r = read_url(board, &f, e);
	if (r == 0 && outbox->sender == board->service_count)
		r = ini_bad(f.ini, f.entry, e,
			"want the service \"" SENDER
			"\" enabled, which sends the files: add the recipe " SENDER
			" to the image and the service to [services] enable");
	if (r == 0)
		r = read_priorities(board, l, e);
	if (r == 0 && layers_get(l, "outbox", "bandwidth", &f))
		r = read_bandwidth(board, &f, e);
	return r;
}

void
board_free_outbox(struct board *board)
{
	free((char *)(uintptr_t)board->outbox.url);
	for (size_t i = 0; board->outbox.priorities[i]; i++)
		free((char *)(uintptr_t)board->outbox.priorities[i]);
}
