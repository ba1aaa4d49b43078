/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_REGEX_CHECK_H
#define BUILDER_REGEX_CHECK_H

#include <stddef.h>

/*
 * Whether a POSIX extended regex (regex(7)) compiles: 0, or -EINVAL and in `why` what is
 * wrong. Repetitions that regcomp(3) would take for ever and all memory to unroll are
 * refused.
 */
int regex_check(const char *regex, char *why, size_t size);

#endif
