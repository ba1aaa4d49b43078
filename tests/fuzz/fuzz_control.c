/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>

#include "builder/source/control.h"
#include "lib/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as a stanza with checksums. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_value value;
	struct control_file file;
	struct error e = {.text = ""};
	int r = control_field(
		(const char *)data, size, "Checksums-Sha256", &value, "fuzz", &e);

	while (r == 0 && control_next_file(&value, &file, "fuzz", &e) > 0)
		if (file.name_size == 0)
			__builtin_trap();
	return 0;
}
