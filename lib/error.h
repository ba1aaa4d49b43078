/* SPDX-License-Identifier: ISC */
#ifndef LIB_ERROR_H
#define LIB_ERROR_H

/* A message for the person who can mend it: "file:line: what: why", without the program's
 * name. */
struct error {
	char text[1024];
};

/* Fills e (may be NULL) as printf does and returns -code; code is an errno value > 0. */
int error_set(struct error *e, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
