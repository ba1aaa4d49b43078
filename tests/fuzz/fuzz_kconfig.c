/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "builder/read/kconfig.h"
#include "lib/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Any bytes as a fragment: requests or a message, nothing leaked. What was read is
 * written as text that reads as the same again, and that text, as a finished .config,
 * fulfils the requests.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kconfig config = {0}, again = {0};
	struct error e = {.text = ""};
	int r = kconfig_parse(&config, "x.config", (const char *)data, size, &e);

	if (r > 0 || (r < 0) == !e.text[0])
		__builtin_trap();
	if (r == 0) {
		char *text = kconfig_text(&config), *twice;

		if (kconfig_parse(&again, "y.config", text, strlen(text), &e) < 0 ||
			again.count != config.count ||
			kconfig_verify(&config, text, strlen(text), &e) < 0)
			__builtin_trap();
		twice = kconfig_text(&again);
		if (strcmp(text, twice) != 0)
			__builtin_trap();
		free(text);
		free(twice);
	}
	e.text[0] = '\0';
	kconfig_verify(&config, (const char *)data, size, &e);
	kconfig_free(&config);
	kconfig_free(&again);
	return 0;
}
