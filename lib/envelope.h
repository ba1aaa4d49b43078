/* SPDX-License-Identifier: ISC */
#ifndef LIB_ENVELOPE_H
#define LIB_ENVELOPE_H

#include <stddef.h>

struct error;

/*
 * A text and its signatures in one file, so that nobody sees one of them without the
 * other: the line "ingot-signed 1 TTTTTT SSSSSS", bytes of both in six decimal digits,
 * then the text, then the signatures, four lines each, as lib/minisign.h has them.
 */
#define ENVELOPE_HEAD 29 /* bytes of the line */
#define ENVELOPE_MOST 999999 /* bytes of either part */

struct envelope {
	const char *text, *signatures; /* in the bytes that were read */
	size_t text_size, signatures_size;
	size_t whole; /* bytes of head, text and signatures */
};

/* Writes the line and a NUL. Both sizes are 1 to ENVELOPE_MOST. */
void envelope_head(char head[ENVELOPE_HEAD + 1], size_t text, size_t signatures);

/* Takes the one that data begins with, its text of at most `most` bytes; 0 or -EINVAL
 * with e. Nothing of it was verified. */
int envelope_parse(struct envelope *envelope, const char *file, const char *data,
	size_t size, size_t most, struct error *e);

#endif
