/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "builder/run/timeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	struct timeline timeline;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	if (timeline_read(&timeline, (const char *)data, size) == 0 && nowhere)
		timeline_draw(&timeline, "fuzz", nowhere);
	timeline_free(&timeline);
	return 0;
}
