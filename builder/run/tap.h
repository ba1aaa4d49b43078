/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_TAP_H
#define BUILDER_TAP_H

#include <stddef.h>
#include <stdio.h>

/*
 * One line of the Test Anything Protocol, and as a diagnostic why it failed (NULL: it
 * passed). Control characters of a console's text become "?". 0 or -EIO.
 */
int tap_result(FILE *out, size_t number, const char *name, const char *failure);

#endif
