/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>

#include "builder/read/service.h"
#include "lib/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as a service file: a service that can be started or a message, nothing
 * leaked. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct service service;
	struct error e = {.text = ""};
	int r = service_parse(&service, "fuzz.service", (const char *)data, size, &e);

	if (r > 0 || (r < 0 && !e.text[0]) ||
		(r == 0 && (service.arguments.count == 0 ||
				   service.arguments.item[0][0] != '/')))
		__builtin_trap();
	service_free(&service);
	return 0;
}
