/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "builder/run/boottest.h"
#include "lib/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as a boottest(5) file: steps that can be done, or a message; nothing leaked.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boottest test;
	struct error e = {.text = ""};
	int r = boottest_parse(&test, "t.boot", (const char *)data, size, &e);

	if (r > 0 || (r < 0 && !e.text[0]) || (r == 0 && test.count == 0))
		__builtin_trap();
	for (size_t i = 0; r == 0 && i < test.count; i++) {
		const struct boottest_step *step = &test.step[i];

		if (step->seconds == 0 || step->line == 0 ||
			(!step->text && step->verb != BOOTTEST_RESET))
			__builtin_trap();
		free(boottest_step_text(step));
	}
	boottest_free(&test);
	return 0;
}
