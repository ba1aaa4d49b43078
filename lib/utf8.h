/* SPDX-License-Identifier: ISC */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include <stddef.h>

/* Bytes of the well-formed UTF-8 sequence (RFC 3629, section 4) that text starts with; 0:
 * none. */
size_t utf8_length(const unsigned char *text, size_t size);

#endif
