/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_FETCH_H
#define UPDATER_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct settings;

enum fetched {
	FETCHED, /* every byte arrived and was taken */
	FETCH_NONE, /* the server has no such file */
	FETCH_FAILED, /* `why` says it */
	FETCH_STOPPED, /* take() wanted no more */
};

/* One file from the server. */
struct fetch {
	const char *path; /* below the settings' URL */
	uint64_t from; /* where it is to begin, 0: at its beginning */
	uint64_t size; /* bytes of the whole file; with at_most the most it may have */
	bool at_most;
	/* Takes bytes in order, of which the first has the place `at` in the file: from,
	 * or 0 if the server knows no ranges. False: no more of it. */
	bool (*take)(void *context, uint64_t at, const void *data, size_t size);
	void *context;
	char why[160];
};

/* Once before all others; false if it cannot. */
bool fetch_start(void);

/* Brings it; see struct settings for what it takes how long. */
enum fetched fetch_run(struct fetch *fetch, const struct settings *settings);

#endif
