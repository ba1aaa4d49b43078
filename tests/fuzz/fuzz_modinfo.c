/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "builder/image/elf.h"
#include "builder/image/modinfo.h"
#include "lib/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A module that is taken has a name, and reading it leaves nothing behind. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_input in = {.data = data, .fd = -1, .size = size};
	struct modinfo info;
	struct error e;

	if (modinfo_read(&info, &in, &e) == 0 && info.name[0] == '\0')
		abort();
	modinfo_free(&info);
	return 0;
}
