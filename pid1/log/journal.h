/* SPDX-License-Identifier: ISC */
#ifndef PID1_JOURNAL_H
#define PID1_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/config_service.h"
#include "ring.h"
#include "pid1/service/supervise.h"

struct config;

/*
 * What the device says: each service's output, the kernel's messages, pid1's own lines,
 * each source in a ring of its own (ring.h). Nothing here waits, and one call does a
 * bounded piece of work, whatever a service writes.
 *
 * A source is a service's slot in supervise.c, JOURNAL_KERNEL or JOURNAL_PID1.
 */
#define JOURNAL_SLOTS	SUPERVISE_SLOTS
#define JOURNAL_KERNEL	JOURNAL_SLOTS
#define JOURNAL_PID1	(JOURNAL_SLOTS + 1)
#define JOURNAL_SOURCES (JOURNAL_SLOTS + 2)
#define JOURNAL_ALL	JOURNAL_SOURCES /* to journal_next() */

/* Takes memory for the rings, once; watch() is told of the pipes with their slot, and of
 * /dev/kmsg with JOURNAL_KERNEL. Before it only pid1's own lines are kept. */
void journal_init(const struct config *config, void (*watch)(int fd, size_t source));

/* A line of pid1's own, without a newline; from the first one on. */
void journal_own(const char *text, size_t size);

/* What the slot's processes get as standard output and error; -1: none could be made. */
int journal_output(size_t slot);

/* A watched descriptor has something: takes a bounded piece of it. */
void journal_ready(size_t source);

/* The slot's main process has ended: takes what it left in the pipe, as far as that is
 * bounded, and its last line even if it has no end. */
void journal_ended(size_t slot);

/* Says how many lines were dropped where that is due. */
void journal_advance(uint64_t now_ms);

/* When journal_advance() has something to do; UINT64_MAX: never. */
uint64_t journal_deadline(void);

/* How many records each source has ever had, for waking readers. */
uint64_t journal_sequence(void);

/* A reader's place in every source; all zero: the oldest of everything. */
struct journal_cursor {
	uint64_t position[JOURNAL_SOURCES];
	uint64_t number[JOURNAL_SOURCES]; /* of the record it wants next */
};

struct journal_record {
	size_t source;
	uint64_t lost; /* records of this source that were overwritten before it */
	struct ring_record head;
	char text[RING_TEXT + 1];
};

/* The next record of the source, or of all in the order they came (JOURNAL_ALL), those of
 * pid1 and of `urgent` slots (may be NULL) first. False: there is none now. */
bool journal_next(struct journal_cursor *cursor, size_t source, const bool *urgent,
	struct journal_record *record);

/* Sets the cursor to the last `most` records of the source. */
void journal_last(struct journal_cursor *cursor, size_t source, uint64_t most);

/* "kernel", "pid1", or the service's name. */
const char *journal_source_name(size_t source);

#endif
