/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "pid1/control/control_format.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[CONTROL_MESSAGE];
	struct control_request request;
	struct control_reply reply;

	/* What is taken is the encoding of what was understood, and no other. */
	if (size <= CONTROL_MESSAGE && control_get_request(data, size, &request) == 0 &&
		(control_put_request(again, &request) != size ||
			memcmp(again, data, size) != 0))
		__builtin_trap();
	if (size <= CONTROL_MESSAGE && control_get_reply(data, size, &reply) == 0 &&
		(control_put_reply(again, &reply) != size ||
			memcmp(again, data, size) != 0))
		__builtin_trap();
	return 0;
}
