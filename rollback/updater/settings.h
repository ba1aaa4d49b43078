/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_SETTINGS_H
#define UPDATER_SETTINGS_H

#include "plan.h"

#define SETTINGS_PATH "/etc/updater.conf"
#define SETTINGS_TEXT 512 /* bytes of a URL or path at most, with a NUL */

struct error;

/* updater.conf; updater(8) has its keys. */
struct settings {
	char url[SETTINGS_TEXT]; /* of the folder, without a slash at its end */
	bool tls;
	char ca[SETTINGS_TEXT]; /* PEM file of who may vouch for the server; with tls */
	char socket[SETTINGS_TEXT]; /* of the installer */
	uint64_t interval_ms;
	uint64_t stall_ms; /* a server that is too slow for so long is given up */
	uint64_t bandwidth; /* bytes a second, 0: no limit */
	struct window window;
};

/* Reads the file; 0 or -errno with e. */
int settings_read(struct settings *settings, const char *path, struct error *e);

#endif
