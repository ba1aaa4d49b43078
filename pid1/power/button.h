/* SPDX-License-Identifier: ISC */
#ifndef PID1_BUTTON_H
#define PID1_BUTTON_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The machine's power buttons, as input devices that have KEY_POWER (kernel:
 * Documentation/input/input.rst); those that are there when the device starts. A kernel
 * without the fragment `button` has none, and a press does nothing.
 */

/* Opens them and hands each to the function, by its number. */
void button_init(void (*watch)(int fd, size_t index));

/* Takes what the button has to say; true if it was pressed. One that has gone is closed. */
bool button_ready(size_t index);

#endif
