/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_MODINFO_H
#define BUILDER_MODINFO_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/strlist.h"

struct board;
struct elf_input;
struct error;
struct rootfs;

/* What a kernel module says of itself in its section .modinfo. Strings are owned. */
struct modinfo {
	char *name;
	char *vermagic; /* without blanks at its end; "" if it has none */
	char *license; /* "" if it has none */
	struct strlist depends; /* names of other modules */
	struct strlist parameters; /* names */
	struct strlist types; /* "NAME:TYPE", of those that say it */
};

/* 0, -ENOEXEC or -EBADMSG with e; modinfo_free() in either case. */
int modinfo_read(struct modinfo *info, const struct elf_input *in, struct error *e);
void modinfo_free(struct modinfo *info);

/* 0, or -EINVAL with e if the module was not built for the kernel of that vermagic. */
int modinfo_check_kernel(
	const struct modinfo *info, const char *vermagic, struct error *e);

/* What a parameter of that type ("" for unknown) wants instead of the value (NULL: none
 * given), or NULL if the kernel would take it. */
const char *modinfo_value_fault(const char *type, const char *value);

/* Names of modules and parameters: '-' and '_' are the same to the kernel. */
bool modinfo_same_name(const char *a, const char *b);

/* One module to load at boot. */
struct modinfo_load {
	char *name;
	char *path; /* of the .ko in the image */
	char *parameters;
};

struct modinfo_loads {
	struct modinfo_load *load;
	size_t count;
};

/*
 * The order to load the board's modules in: each behind what it depends on, else as
 * board.ini has them. vermagic is the kernel's. 0, or -errno with e naming
 * board.ini:line: a module or a dependency that is not in the image, one for another
 * kernel, a parameter it does not know.
 */
int modinfo_order(const struct board *board, const struct rootfs *rootfs,
	const char *vermagic, struct modinfo_loads *loads, struct error *e);
void modinfo_loads_free(struct modinfo_loads *loads);

#endif
