/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config_log.h"
#include "lib/error.h"
#include "lib/ini.h"
#include "board.h"
#include "board_layers.h"
#include "board_parts.h"
#include "builder/base/field.h"
#include "builder/base/xalloc.h"

#define READER "telemetry" /* the service that may read the log, if there is one */

/* "udp://192.0.2.1:514" or "tcp://[2001:db8::1]:601". */
static int
read_collector(struct board *board, const struct found *f, struct error *e)
{
	const char *text = f->entry->value, *address = text + 6,
		   *colon = strrchr(text, ':');
	struct config_log *log = &board->log;
	unsigned char bytes[16];
	unsigned long port = 0;
	char *copy, *end = NULL;
	size_t length;
	int family = AF_INET;

	if (strncmp(text, "udp://", 6) == 0)
		log->protocol = COLLECTOR_UDP;
	else if (strncmp(text, "tcp://", 6) == 0)
		log->protocol = COLLECTOR_TCP;
	else
		return ini_bad(f->ini, f->entry, e,
			"want udp://ADDRESS:PORT or tcp://ADDRESS:PORT, got \"%.80s\"",
			text);
	if (colon > address && colon[1] >= '1' && colon[1] <= '9')
		port = strtoul(colon + 1, &end, 10);
	if (port == 0 || port > 65535 || !end || *end != '\0')
		return ini_bad(f->ini, f->entry, e,
			"want a port from 1 to 65535 at its end, got \"%.80s\"", text);
	length = (size_t)(colon - address);
	if (address[0] == '[' && colon[-1] == ']') {
		family = AF_INET6;
		address++;
		length -= 2;
	}
	copy = xasprintf("%.*s", (int)length, address);
	log->port = (uint16_t)port;
	log->address = copy;
	if (inet_pton(family, copy, bytes) != 1)
		return ini_bad(f->ini, f->entry, e,
			"want the collector's address in numbers, such as udp://192.0.2.1:514 or tcp://[2001:db8::1]:601, got \"%.80s\"",
			text);
	return 0;
}

static int
read_ring(struct layers *l, const char *key, uint64_t otherwise, uint64_t *bytes,
	struct error *e)
{
	struct found f;
	int r;

	*bytes = otherwise;
	if (!layers_get(l, "log", key, &f))
		return 0;
	r = ini_size(f.ini, f.entry, bytes, e);
	if (r == 0 && (*bytes < CONFIG_LOG_LEAST || *bytes > CONFIG_LOG_MOST))
		r = ini_bad(
			f.ini, f.entry, e, "want 4K to 16M, got \"%s\"", f.entry->value);
	return r;
}

int
board_read_log(struct board *board, struct layers *l, struct error *e)
{
	struct config_log *log = &board->log;
	bool console = true;
	struct found f;
	int r = 0;

	log->address = NULL;
	if (layers_get(l, "log", "console", &f))
		r = ini_bool(f.ini, f.entry, &console, e);
	log->console = console;
	if (r == 0)
		r = read_ring(l, "size", 32 << 10, &log->size, e);
	if (r == 0)
		r = read_ring(l, "kernel-size", 64 << 10, &log->kernel_size, e);
	for (log->reader = 0; log->reader < board->service_count; log->reader++)
		if (strcmp(board->services[log->reader].name, READER) == 0)
			break;
	if (r < 0 || !layers_get(l, "log", "collector", &f))
		return r;
	r = read_collector(board, &f, e);
	if (r == 0 && log->reader == board->service_count)
		r = ini_bad(f.ini, f.entry, e,
			"want the service \"" READER
			"\" enabled, which sends the log there: add the recipe " READER
			" to the image and the service to [services] enable");
	return r;
}
