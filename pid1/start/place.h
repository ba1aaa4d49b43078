/* SPDX-License-Identifier: ISC */
#ifndef PID1_PLACE_H
#define PID1_PLACE_H

#include <stddef.h>

struct config;

/*
 * Where the devices of the board's mounts are that have a GUID in place of a path. Children
 * look, since a disk may hang, and leave the answer in memory that they share with pid1.
 */
void place_init(const struct config *config);

/* In a child: looks for that mount's device; 0 also if it has a path, ENOENT if it is not
 * there, or errno. */
int place_find(size_t mount);

/* The path, or what a child found last, "" before; stays where it is for good. */
const char *place_path(size_t mount);

/* What else was found, for people; "" for nothing. */
const char *place_note(size_t mount);

#endif
