/* SPDX-License-Identifier: ISC */
#include "budget.h"

void
budget_spend(struct budget *budget, uint64_t now_ms)
{
	budget->at[budget->next] = now_ms;
	budget->next = (uint8_t)((budget->next + 1) % BUDGET_MOST);
	if (budget->count < BUDGET_MOST)
		budget->count++;
}

bool
budget_spent(const struct budget *budget, unsigned burst, uint64_t interval_ms,
	uint64_t now_ms)
{
	uint64_t oldest;

	if (interval_ms == 0 || burst == 0 || burst > BUDGET_MOST ||
		budget->count < burst)
		return false;
	/* The first of the last `burst` starts: is it still inside the window? */
	oldest = budget->at[(budget->next + BUDGET_MOST - burst) % BUDGET_MOST];
	return now_ms - oldest < interval_ms;
}

void
budget_clear(struct budget *budget)
{
	budget->next = budget->count = 0;
}
