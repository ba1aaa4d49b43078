/* SPDX-License-Identifier: ISC */
#ifndef PID1_KMSG_H
#define PID1_KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One record of /dev/kmsg, as the kernel's Documentation/ABI/testing/dev-kmsg has it. */
struct kmsg {
	uint64_t time_us;
	uint8_t priority; /* facility * 8 + severity; facility 0 is the kernel itself */
	const char *text; /* in the data; no NUL behind it */
	size_t size;
};

#define KMSG_MOST 8192 /* bytes of a record */

/* Takes apart what one read(2) gave; false if it is none. Pure. */
bool kmsg_parse(struct kmsg *kmsg, const char *data, size_t size);

#endif
