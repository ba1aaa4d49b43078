/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "lib/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is taken for a state is a sane one and has one encoding. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[RECORD_PAYLOAD];
	struct slots slots;

	if (!state_unpack(&slots, data, size))
		return 0;
	if (!slot_sane(&slots) || state_pack(again, &slots) != size ||
		memcmp(again, data, size) != 0)
		abort();
	return 0;
}
