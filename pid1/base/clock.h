/* SPDX-License-Identifier: ISC */
#ifndef PID1_CLOCK_H
#define PID1_CLOCK_H

#include <stdint.h>

/* Sets the clock to epoch (seconds) if it is before it: a board without a battery starts
 * in 1970. */
void clock_raise(int64_t epoch);

/* Milliseconds of the monotonic clock. */
uint64_t clock_ms(void);

/* Microseconds of it. */
uint64_t clock_us(void);

#endif
