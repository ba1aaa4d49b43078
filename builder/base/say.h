/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_SAY_H
#define BUILDER_SAY_H

/* "ingot: ..." on stderr. say() is progress for people; warn() needs their eye. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says it and exits 1. Messages read "file:line: what: why", lower case, no full stop. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* The same for a wrong call of the program: exits 2 and names `ingot help`. */
void die_usage(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
