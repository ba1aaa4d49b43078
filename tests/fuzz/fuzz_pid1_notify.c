/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pid1/base/terminal.c"
#include "pid1/service/notify.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as a datagram: a status that ends, fits and holds nothing that a terminal
 * would obey. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char status[128] = "";
	struct notify notify;

	notify_parse((const char *)data, size, &notify, status, sizeof(status));
	if (!memchr(status, '\0', sizeof(status)))
		__builtin_trap();
	for (const char *p = status; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f ||
			(p[0] == '\xc2' && (p[1] & 0xe0) == 0x80))
			__builtin_trap();
	return 0;
}
