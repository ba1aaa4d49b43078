/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SPDX_H
#define BUILDER_SPDX_H

#include <stddef.h>

/*
 * Checks an SPDX license expression (SPDX 2.3, annex D): "GPL-2.0-only AND (MIT OR ISC)".
 * Knows the grammar and the spellings people get wrong, not the whole list. 0, or -EINVAL
 * and in `why` what is wrong.
 */
int spdx_check(const char *expression, char *why, size_t size);

#endif
