/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_KCONFIG_H
#define BUILDER_KCONFIG_H

#include <stddef.h>

#include "lib/strlist.h"

struct error;

/* One "CONFIG_X=y" or "# CONFIG_X is not set" of a fragment. */
struct kconfig_request {
	char *symbol; /* without CONFIG_ */
	char *value; /* "y", "m", "n" (is not set), a number, or a quoted string */
	char *file;
	unsigned line;
};

struct kconfig {
	struct kconfig_request *request; /* in order of the fragments */
	size_t count;
};

/* Reads fragments by path; two that ask for different values of a symbol are an error
 * naming both. */
int kconfig_read(struct kconfig *config, const struct strlist *files, struct error *e);
int kconfig_parse(struct kconfig *config, const char *file, const char *text, size_t size,
	struct error *e);
void kconfig_free(struct kconfig *config);

/* The merged requests as the text of a defconfig, one line each, sorted: what identity
 * hashes. */
char *kconfig_text(const struct kconfig *config);

/* Every request holds in the finished .config, or an error naming fragment, line and what
 * is there. */
int kconfig_verify(
	const struct kconfig *config, const char *final, size_t size, struct error *e);

#endif
