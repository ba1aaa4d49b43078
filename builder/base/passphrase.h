/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_PASSPHRASE_H
#define BUILDER_PASSPHRASE_H

/*
 * Asks for a passphrase on the terminal, without an echo, twice if it is a new one; or
 * takes the first line of a file (not NULL). Dies if there is neither. The caller clears
 * and frees it.
 */
char *passphrase_ask(const char *prompt, const char *file, int twice);

#endif
