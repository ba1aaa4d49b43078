/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>

#include "builder/image/kit.h"
#include "lib/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAYLOAD (32 * KIT_MIB)

/* Any bytes as a kit.ini: a kit whose cavity and slot lie within the payload, or a
 * message. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kit kit;
	struct error e = {.text = ""};
	int r = kit_parse(&kit, "kit.ini", (const char *)data, size, PAYLOAD, &e);

	if (r > 0 || (r < 0) == !e.text[0])
		__builtin_trap();
	if (r == 0 && (kit.cavity_offset > PAYLOAD || kit.cmdline_offset > PAYLOAD ||
			      kit.cavity_size > PAYLOAD - kit.cavity_offset ||
			      kit.cmdline_size > PAYLOAD - kit.cmdline_offset ||
			      kit.cavity_size == 0 || kit.cmdline_size == 0))
		__builtin_trap();
	kit_free(&kit);
	return 0;
}
