/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_COMMAND_H
#define BUILDER_COMMAND_H

#include <stddef.h>

struct strlist;

/*
 * Splits a command line as systemd.service(5), "Command lines": blanks part the words,
 * quotes and backslashes keep them together, "$$" and "%%" stand for "$" and "%". What
 * Ingot does not have (variables, specifiers, several commands, prefixes of the program)
 * is refused. 0, or -EINVAL and in `why` what is wrong. There is at least one word.
 */
int command_split(const char *line, struct strlist *words, char *why, size_t size);

#endif
