/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "builder/source/lock.h"
#include "builder/source/package_lock.h"
#include "lib/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as a lock of either kind: a lock that can be written again, or a message. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct package_lock packages;
	struct lock lock;
	struct error e = {.text = ""};
	int r = lock_parse(&lock, "source.lock", (const char *)data, size, &e);

	if (r > 0 || (r < 0 && !e.text[0]))
		__builtin_trap();
	if (r == 0)
		free(lock_text(&lock));
	lock_free(&lock);
	e.text[0] = '\0';
	r = package_lock_parse(&packages, "x86_64.lock", (const char *)data, size, &e);
	if (r > 0 || (r < 0 && !e.text[0]))
		__builtin_trap();
	if (r == 0)
		free(package_lock_text(&packages));
	package_lock_free(&packages);
	return 0;
}
