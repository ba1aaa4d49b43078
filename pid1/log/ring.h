/* SPDX-License-Identifier: ISC */
#ifndef PID1_RING_H
#define PID1_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Log records in memory of a fixed size; the newest takes the place of the oldest. Pure.
 * A reader holds a position, a byte count from the ring's beginning that only grows, and
 * sees from the records' numbers how many it came too late for.
 */
#define RING_TEXT  1024 /* bytes of one record's text at most */
#define RING_LEAST 2048 /* bytes a ring needs: the longest record and room to move */

enum ring_flag {
	RING_PART = 1, /* the line goes on in the next record */
};

struct ring_record {
	uint64_t number; /* of this ring's records, from 0; ring_put() sets it */
	uint64_t sequence; /* the caller's: order among rings */
	uint64_t time_us; /* monotonic */
	uint16_t size; /* bytes of text */
	uint8_t priority; /* facility * 8 + severity: RFC 5424, 6.2.1 */
	uint8_t flags;
};

struct ring {
	uint8_t *data; /* the caller's; NULL: keeps nothing */
	size_t size;
	uint64_t head, tail; /* positions: behind the newest record, of the oldest */
	uint64_t count; /* records ever put */
};

/* memory of at least RING_LEAST bytes, or NULL for a ring that keeps nothing. */
void ring_init(struct ring *ring, void *memory, size_t size);

/* Adds one; text is cut at RING_TEXT. record->number and ->size are set from the ring and
 * the text. */
void ring_put(struct ring *ring, struct ring_record *record, const char *text);

/* The record at *position without its text. A position whose record is gone is moved on
 * to the oldest. False: no record yet. */
bool ring_peek(const struct ring *ring, uint64_t *position, struct ring_record *record);

/* The same with its text, which has room for RING_TEXT + 1 and ends with a NUL; *position
 * moves behind it. */
bool ring_get(const struct ring *ring, uint64_t *position, struct ring_record *record,
	char *text);

/* The position of the newest `most` records, or of the oldest if there are fewer. */
uint64_t ring_last(const struct ring *ring, uint64_t most);

#endif
