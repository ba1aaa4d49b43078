/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is read: values are strings, lines ascend, and typed readers only say yes or
 * no. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error e;
	struct ini ini;
	unsigned line = 0;

	if (ini_read_text(&ini, "fuzz", (const char *)data, size, &e) < 0) {
		ini_free(&ini);
		return 0;
	}
	for (size_t i = 0; i < ini.count; i++) {
		const struct ini_entry *entry = &ini.entry[i];
		uint64_t number;
		int64_t t;
		bool flag;
		mode_t mode;

		if (entry->line <= line || strlen(entry->value) > size ||
			ini_get(&ini, entry->section, entry->key) != entry)
			abort();
		line = entry->line;
		(void)ini_size(&ini, entry, &number, &e);
		(void)ini_seconds(&ini, entry, &number, &e);
		(void)ini_count(&ini, entry, 1000, &number, &e);
		(void)ini_time(&ini, entry, &t, &e);
		(void)ini_bool(&ini, entry, &flag, &e);
		(void)ini_mode(&ini, entry, entry->value, &mode, &e);
		if (i > 200)
			break;
	}
	ini_free(&ini);
	return 0;
}
