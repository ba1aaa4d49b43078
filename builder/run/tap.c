/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "tap.h"

static void
put_char(FILE *out, char c)
{
	unsigned char byte = (unsigned char)c;

	fputc(byte < 0x20 || byte == 0x7f ? '?' : byte, out);
}

int
tap_result(FILE *out, size_t number, const char *name, const char *failure)
{
	fprintf(out, "%sok %zu - ", failure ? "not " : "", number);
	for (; *name; name++) {
		/* "#" would start a directive. */
		if (*name == '#' || *name == '\\')
			fputc('\\', out);
		put_char(out, *name);
	}
	if (failure)
		fputs("\n# ", out);
	for (; failure && *failure; failure++)
		if (*failure == '\n')
			fputs("\n# ", out);
		else
			put_char(out, *failure);
	fputc('\n', out);
	return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
