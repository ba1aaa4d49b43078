/* SPDX-License-Identifier: ISC */
/* Writes a compiled config to standard output, spoilt as its argument says: what no builder
 * makes, for a boot test. usage: make_config good|cut|flipped|version|many|empty */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/config.h"
#include "lib/error.h"

#define HEADER	   24 /* lib/config.h: magic, version, size, hash */
#define VERSION_AT 8
#define HASH_AT	   16

static void
put(uint8_t *to, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

int
main(int argc, char **argv)
{
	static struct config_service services[CONFIG_SERVICES];
	struct config config = {.board = "spoilt",
		.hostname = "",
		.cmdline = "",
		.watchdog = {.device = ""},
		.reason = {.store = ""},
		.log = {.size = 4096, .kernel_size = 4096, .address = ""},
		.services = services};
	const char *how = argc == 2 ? argv[1] : "";
	struct error e;
	uint8_t *data;
	size_t size;

	if (config_encode(&config, &data, &size, &e) < 0) {
		fprintf(stderr, "make_config: %s\n", e.text);
		return 1;
	}
	if (strcmp(how, "cut") == 0)
		size -= size / 3;
	else if (strcmp(how, "empty") == 0)
		size = 0;
	else if (strcmp(how, "flipped") == 0)
		data[HEADER + 5] ^= 4;
	else if (strcmp(how, "version") == 0)
		put(data + VERSION_AT, 65535, 4);
	else if (strcmp(how, "many") == 0)
		put(data + size - 2, 10000, 2); /* the services are last */
	else if (strcmp(how, "good") != 0)
		return 2;
	if (strcmp(how, "many") == 0)
		put(data + HASH_AT, XXH64(data + HEADER, size - HEADER, 0), 8);
	return fwrite(data, 1, size, stdout) == size ? 0 : 1;
}
