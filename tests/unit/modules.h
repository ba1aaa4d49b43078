/* SPDX-License-Identifier: ISC */
#ifndef TESTS_MODULES_H
#define TESTS_MODULES_H

#include "roots.h"

/*
 * Puts a module into the rootfs: an object file of the compiler with a section .modinfo,
 * which is what the kernel's build makes. tags: lines "key=value", each ended by a
 * newline.
 */
static inline void
modules_add(struct rootfs *rootfs, const char *path, const char *tags)
{
	const char *cc = getenv("CC");
	char command[512], source[256];
	FILE *file = fopen("module.c", "w");

	assert_non_null(file);
	fputs("const char tags[] __attribute__((section(\".modinfo\"), aligned(1))) = \"",
		file);
	for (const char *p = tags; *p; p++) {
		if (*p == '\n')
			fputs("\\0", file);
		else
			fputc(*p, file);
		if (*p == '\n' && p[1] != '\0')
			fputs("\" \"", file); /* so that a digit does not join the NUL */
	}
	fputs("\";\n", file);
	assert_int_equal(fclose(file), 0);
	snprintf(source, sizeof(source), "host%s", path);
	scratch_parents(source);
	snprintf(command, sizeof(command), "%s -c -o '%s' module.c", cc ? cc : "cc",
		source);
	assert_int_equal(system(command), 0);
	roots_source(rootfs, path, 0644, source);
}

#endif
