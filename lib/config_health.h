/* SPDX-License-Identifier: ISC */
#ifndef LIB_CONFIG_HEALTH_H
#define LIB_CONFIG_HEALTH_H

#include <stdint.h>

struct codec;

/* What the builder compiles of a board's [health]; board(5). */
#define CONFIG_HEALTH_WORDS 15 /* of a command, the reason not counted */

struct config_health {
	uint64_t
		trial_ms; /* so long must every critical service be up, then all is well */
	uint64_t deadline_ms; /* so long one may not be up: at boot, or later */
	uint64_t timeout_ms; /* for either command */
	/* NULL-ended; none: nothing is run. The words, and room for the reason. */
	const char *healthy[CONFIG_HEALTH_WORDS + 1];
	const char *unhealthy[CONFIG_HEALTH_WORDS + 1];
};

/* Writes or reads one; lib/codec.h. */
void config_health_visit(struct codec *c, struct config_health *health);

/* What pid1 counts on: what is wrong, or NULL. */
const char *config_health_fault(const struct config_health *health);

#endif
