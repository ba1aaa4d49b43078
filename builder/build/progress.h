/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_PROGRESS_H
#define BUILDER_PROGRESS_H

#include <stddef.h>

/*
 * What the person sees on stderr while work goes on: on a terminal a few lines redrawn in
 * place (each running node: step, elapsed, expected from last time; a total), elsewhere
 * one plain line an event. A node is named by its slot, 0 .. slots-1. Durations of nodes
 * that were built are kept in the store below time/ and are what "expected" comes from.
 */
void progress_begin(size_t nodes, size_t slots);
/* Optional, after progress_begin(), once a node that waits: lets the total say what is
 * left. */
void progress_plan(const char *name);
void progress_start(size_t slot, const char *name);
void progress_step(size_t slot, const char *step);
void progress_done(size_t slot, const char *how); /* "built", "found", "failed" */
void progress_tick(void); /* redraw; call about 4 times a second */
void progress_end(void);

/* Seconds that building it took last time; 0 if that is not known. */
double progress_expected(const char *name);

#endif
