/* SPDX-License-Identifier: ISC */
#include "size.h"

#include <stdio.h>

const char *
size_text(uint64_t bytes, char text[SIZE_TEXT])
{
	const uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;
	uint64_t unit = bytes >= gib ? gib : mib;
	uint64_t tenths = bytes / unit * 10 + bytes % unit * 10 / unit;

	if (bytes < kib)
		snprintf(text, SIZE_TEXT, "%u B", (unsigned)bytes);
	else if (bytes < mib)
		snprintf(text, SIZE_TEXT, "%u KiB", (unsigned)(bytes / kib));
	else
		snprintf(text, SIZE_TEXT, "%llu.%u %s", (unsigned long long)(tenths / 10),
			(unsigned)(tenths % 10), unit == gib ? "GiB" : "MiB");
	return text;
}
