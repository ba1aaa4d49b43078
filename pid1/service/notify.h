/* SPDX-License-Identifier: ISC */
#ifndef PID1_NOTIFY_H
#define PID1_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a service says of itself in one datagram, as sd_notify(3): lines KEY=VALUE.
 * Known are READY=1, STOPPING=1, WATCHDOG=1, WATCHDOG=trigger, STATUS= and BARRIER=1
 * (which asks only to be read); all other keys are somebody else's and are passed over.
 */
#define NOTIFY_MESSAGE 4096 /* bytes; a longer one is no message */

struct notify {
	bool ready, stopping, alive, trouble;
	bool has_status;
};

/*
 * Reads a message; the text of STATUS= goes to `status`, cut at its size, each byte that
 * is not printable (UTF-8 is) made a "?". False: nothing in it has the form KEY=VALUE.
 */
bool notify_parse(const char *text, size_t size, struct notify *notify, char *status,
	size_t status_size);

#endif
