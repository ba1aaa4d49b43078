/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_WITNESS_H
#define BUILDER_WITNESS_H

#include <stdbool.h>

#include "lib/strlist.h"

struct graph;

/*
 * The answer to "has anything changed since this very command last succeeded?" without
 * reading a file: the lstat(2) of every input and result, kept below the store. Only
 * device, inode, size, mtime and ctime are compared; trust in bytes stays with SHA-256,
 * which judged them before the witness was written. An input changed too near the start
 * of the run leaves no witness.
 */

/* Call first of all: remembers when the run began. */
void witness_begin(void);

/* True, with the lines the last run printed (caller frees), if nothing has changed. */
bool witness_holds(const struct strlist *command, char **lines);

/* Writes the witness of a run that succeeded. */
void witness_write(const struct strlist *command, const struct graph *graph,
	const struct strlist *results, const char *lines);

#endif
