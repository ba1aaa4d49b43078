/* SPDX-License-Identifier: ISC */
#ifndef PID1_LINK_H
#define PID1_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;

/*
 * The board's links: firewall first, then addresses, routes, VLANs, WireGuard. What fails
 * is said once and tried again; a device that comes late gets its addresses then. Nothing
 * here waits.
 */

/* Brings up lo, and the links that are there; watch() is told of the descriptor that says
 * when one comes, goes or changes. */
void link_init(const struct config *config, void (*watch)(int fd));

/* That descriptor has something. */
void link_ready(void);

void link_advance(uint64_t now_ms);

/* When link_advance() has something to do; UINT64_MAX: never. */
uint64_t link_deadline(void);

/* One link, for people; false behind the last one. */
struct link_status {
	const char *name;
	const char *why; /* it is not up, "" if it is */
	int index; /* the kernel's, 0: it is not there */
	bool up, carrier;
};
bool link_status(size_t index, struct link_status *status);

#endif
