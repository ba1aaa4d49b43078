/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "builder/image/elf.h"
#include "lib/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No bytes lead the reader outside of the file, and what it names is text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_input in = {.data = data, .fd = -1, .size = size};
	uint64_t offset, length;
	struct error e;
	struct elf elf;

	if (elf_read(&elf, &in, &e) < 0)
		return 0;
	if (strlen(elf.needed) >= ELF_NAME || strlen(elf.interpreter) >= ELF_NAME)
		abort();
	(void)elf_check_static(&elf, "x86_64", &e);
	(void)elf_check_static(&elf, "armv7", &e);
	if (elf_section(&elf, &in, ".modinfo", &offset, &length, &e) == 0 &&
		(offset > size || length > size - offset))
		abort();
	return 0;
}
