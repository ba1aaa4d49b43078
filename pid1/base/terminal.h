/* SPDX-License-Identifier: ISC */
#ifndef PID1_TERMINAL_H
#define PID1_TERMINAL_H

#include <stddef.h>

/*
 * What services say is shown on people's terminals: in place, makes a question mark of each
 * byte that a terminal would obey. These are the control characters but for the tab, and
 * those of ECMA-48, 5.3, as UTF-8 has them (0xc2 and 0x80 to 0x9f). Pure.
 */
void terminal_clean(char *text, size_t size);

#endif
