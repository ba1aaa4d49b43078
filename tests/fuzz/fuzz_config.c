/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/config.h"
#include "lib/error.h"
#include "lib/wire.h"

#define HEADER 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct config_service services[CONFIG_SERVICES];
static struct config config;

/* A payload behind a right header, since no fuzzer finds a checksum; then the bytes as
 * they are. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_writer w;
	struct error e;
	uint8_t *sealed = malloc(HEADER + size), *again;
	size_t again_size;

	if (!sealed)
		return 0;
	memcpy(sealed, "INGOTCFG", 8);
	if (size)
		memcpy(sealed + HEADER, data, size);
	wire_write_fixed(&w, sealed + 8, HEADER - 8);
	wire_put_u32(&w, CONFIG_VERSION);
	wire_put_u32(&w, (uint32_t)size);
	wire_put_u64(&w, XXH64(sealed + HEADER, size, 0));
	config.services = services;
	/* What is accepted has one encoding. */
	if (config_decode(&config, sealed, HEADER + size, &e) == 0) {
		if (config_encode(&config, &again, &again_size, &e) < 0 ||
			again_size != HEADER + size ||
			memcmp(again, sealed, again_size) != 0)
			abort();
		free(again);
	}
	(void)config_decode(&config, data, size, &e);
	free(sealed);
	return 0;
}
