/* SPDX-License-Identifier: ISC */
#ifndef PID1_BUDGET_H
#define PID1_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * So many starts within so long, as a window that slides: it is long, so that crashes
 * spaced just wider than the back-off's idea of stable use it up nevertheless.
 */
#define BUDGET_MOST 32 /* the largest burst */

struct budget {
	uint64_t at[BUDGET_MOST]; /* ms: a ring of the last starts */
	uint8_t next, count;
};

/* Notes a start. */
void budget_spend(struct budget *budget, uint64_t now_ms);

/* True if `burst` starts lie within the `interval_ms` before now_ms: no more until later.
 * interval_ms 0: there is no limit. */
bool budget_spent(const struct budget *budget, unsigned burst, uint64_t interval_ms,
	uint64_t now_ms);

void budget_clear(struct budget *budget);

#endif
