/* SPDX-License-Identifier: ISC */
#include "terminal.h"

void
terminal_clean(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const unsigned char c = (unsigned char)text[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			text[i] = '?';
		if (c != 0xc2)
			continue;
		/* At the end, the rest of it may come with what is shown next. */
		if (i + 1 == size) {
			text[i] = '?';
		} else if ((unsigned char)text[i + 1] >= 0x80 &&
			   (unsigned char)text[i + 1] < 0xa0) {
			text[i++] = '?';
			text[i] = '?';
		}
	}
}
