/* SPDX-License-Identifier: ISC */
#ifndef PID1_ORDER_H
#define PID1_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "slot.h"

/*
 * Who waits for whom. Nobody for ever: After= has no circles (the builder and the
 * config's check see to it), and every start that is waited for has a deadline. Requires=
 * alone is no order: two services may require each other.
 */
enum order_say {
	ORDER_WAIT, /* one that it starts after, or a mount, has not passed yet */
	ORDER_HELD, /* one that it also requires, or a mount, has passed, but is not up */
	ORDER_GO,
};
enum order_say order_start(const struct supervisor *s, size_t index);

/* held[i]: an ask for slot i waits until one that starts after it, and is on its way down
 * too, is gone. */
void order_held(const struct supervisor *s, bool held[SUPERVISE_SLOTS]);

/* Marks, beside those already marked, all that they pull in (Requires=, Wants=). */
void order_mark_needed(const struct supervisor *s, bool marked[SUPERVISE_SLOTS]);

/* Marks, beside those already marked, all that require one of them. */
void order_mark_dependants(const struct supervisor *s, bool marked[SUPERVISE_SLOTS]);

#endif
