/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_HISTORY_CLOCK_H
#define ROLLBACK_HISTORY_CLOCK_H

#include "history.h"

/* When and in which boot an entry is made; its other members stay. */
void history_clock(struct history_entry *entry);

/* Monotonic, in ns. */
uint64_t clock_now(void);

/* Ms since then, cut to what an entry holds. */
uint32_t clock_ms_since(uint64_t then);

#endif
