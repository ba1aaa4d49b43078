/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>

#include "builder/source/gpg.h"
#include "lib/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as gpgv's status lines: nothing is good without a VALIDSIG's fingerprints. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gpg_result result;
	struct error e = {.text = ""};
	int r = gpg_parse(&result, (const char *)data, size, &e);

	if (r > 0 || (r < 0 && !e.text[0]))
		__builtin_trap();
	for (size_t i = 0; r == 0 && i < result.count; i++)
		if (result.signature[i].status == GPG_GOOD &&
			!result.signature[i].primary[0])
			__builtin_trap();
	return 0;
}
