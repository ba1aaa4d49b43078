/* SPDX-License-Identifier: ISC */
#ifndef LIB_CONFIG_POWER_H
#define LIB_CONFIG_POWER_H

#include <stdint.h>

struct codec;

/* What the builder compiles of a board's [watchdog], [reason] and [kexec]; board(5). */
#define CONFIG_LOADER_WORDS 15 /* of the loader's command line, the slot not counted */

struct config_watchdog {
	const char *device; /* "": the board has none */
	uint32_t timeout; /* seconds, while pid1 runs */
	uint32_t
		boot_timeout; /* seconds, from pid1's last feed to the next one's first */
	uint8_t required; /* 1: restarts, a bounded number of times, where it cannot be
			   * had
			   */
};

struct config_reason {
	const char *store; /* a file or a block device, "" for none */
	uint8_t pstore; /* 1: kept in /dev/pmsg0, too */
};

struct config_kexec {
	const char *loader[CONFIG_LOADER_WORDS + 1]; /* NULL-ended; none: no kexec */
	uint64_t timeout_ms;
	uint8_t at_boot; /* 1: pid1 jumps as soon as it is up: a launcher */
};

/* Each writes or reads one; lib/codec.h. */
void config_watchdog_visit(struct codec *c, struct config_watchdog *watchdog);
void config_reason_visit(struct codec *c, struct config_reason *reason);
void config_kexec_visit(struct codec *c, struct config_kexec *kexec);

/* What pid1 counts on in them: what is wrong, or NULL. */
const char *config_power_fault(const struct config_watchdog *watchdog,
	const struct config_reason *reason, const struct config_kexec *kexec);

#endif
