/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_CONTROL_H
#define BUILDER_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/sha256.h"

struct error;

/*
 * Debian's control data (deb-control(5), deb822(5)): stanzas of "Field: value" with
 * continued lines that begin with a blank, an empty line between stanzas. Nothing is
 * allocated: results point into the text.
 */
struct control_value {
	const char *text; /* not NUL-ended; without the blank after ":" */
	size_t size; /* with the newlines of continued lines, without the last one */
};

/*
 * The field of the one stanza in text; names are compared without case. 0, -ENOENT, or
 * -EBADMSG if it is there twice or a line is neither a field nor a continuation; e names
 * `what`.
 */
int control_field(const char *text, size_t size, const char *name,
	struct control_value *value, const char *what, struct error *e);

/* One " HASH SIZE NAME" line of a Checksums-Sha256, Release's SHA256 ... */
struct control_file {
	char sha256[SHA256_HEX];
	uint64_t size;
	const char *name; /* not NUL-ended */
	size_t name_size;
};

/* Takes the next line off value: 1, 0 at its end, or -EBADMSG. */
int control_next_file(struct control_value *value, struct control_file *file,
	const char *what, struct error *e);

#endif
