/* SPDX-License-Identifier: ISC */
#ifndef PID1_REASON_STORE_H
#define PID1_REASON_STORE_H

#include "lib/partuuid.h"
#include "pid1/log/dump.h"
#include "reason_record.h"

struct config_reason;

/* The last panic that pstore has the kernel's words of. */
struct reason_panic {
	uint32_t mark; /* 0: there is none */
	uint64_t uptime_ms;
	char cause[DUMP_CAUSE];
};

struct reason_found {
	struct reason record;
	bool valid; /* there is one */
	int newest; /* the copy of the store that holds it, -1: none does */
	struct partuuid_found place; /* of a store that is named by a GUID */
	int error; /* 0, or why the store cannot be used: -ENOTEMPTY, -errno */
	bool dumps; /* pstore has words of the kernel */
	struct reason_panic panic;
};

/*
 * Reads store and pstore in a child, for at most ms. A file that is not there is made; a
 * block device that holds anything but our records or nothing is left alone (-ENOTEMPTY).
 * pid1's own record is taken out of pstore, the kernel's words stay.
 * 0, or -errno if nothing was learned.
 */
int reason_store_read(
	const struct config_reason *config, struct reason_found *found, uint64_t ms);

#endif
