/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_HISTORY_H
#define ROLLBACK_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/block.h"
#include "lib/slot.h"

struct error;

/*
 * What became of the slots, for people: a ring of entries behind the state and the roots, on
 * the same device. An entry is one sector, little-endian: magic "INGOTHIS", u32 layout
 * version, u32 kind, u64 sequence, i64 real-time clock and u64 uptime in ms, the boot's
 * id, u8 slot, u8 its state, u8 attempts, u8 way, the image's hash, u64 version, u64
 * fingerprint of panics, u64 counter and its rate, u32 each of the times, text with a
 * NUL, and in the last 8 bytes the XXH64 of the rest with seed 0.
 *
 * An entry follows the step that it tells of, and a write changes one sector only: a cut
 * loses the newest entry at most. Nothing is decided by it, but whether a panic is newer
 * than an attempt, and which slot a launcher begins with where the state is lost.
 */
#define HISTORY_SIZE 131072 /* bytes at most; less where the device ends before */
#define HISTORY_WHY  224 /* bytes of a text, with the NUL */
#define HISTORY_BOOT 16

/* Beside those of enum slot_event. */
#define HISTORY_ARRIVED SLOT_EVENTS /* the attempt's image came up */
#define HISTORY_FAILED	(SLOT_EVENTS + 1) /* an install ended early */
#define HISTORY_KINDS	(SLOT_EVENTS + 2)

enum history_time {
	TIME_FETCH, /* waiting for the input */
	TIME_WRITE, /* handing it to the medium */
	TIME_READ_BACK, /* making it durable, reading it back and hashing that */
	TIME_VERIFY, /* the copy in memory that is to run */
	TIME_LOAD, /* the kernel taking that */
	TIME_BLACKOUT, /* from there to the first sign of the new image */
	HISTORY_TIMES
};

struct history_entry {
	uint32_t kind;
	uint64_t sequence; /* from 1 on */
	int64_t clock_ms;
	uint64_t uptime_ms;
	uint8_t boot[HISTORY_BOOT];
	uint8_t slot; /* SLOT_NONE: of neither */
	uint8_t state, tries, way; /* of that slot, after it */
	uint8_t image[SLOT_HASH];
	uint64_t version;
	uint64_t panics; /* SLOT_JUMP: what pstore held then; see evidence.h */
	uint64_t counter, counter_khz; /* of a clock that outlives a kexec; 0: none */
	uint32_t ms[HISTORY_TIMES];
	char why[HISTORY_WHY]; /* printable ASCII */
};

struct history {
	struct block *block; /* NULL: there is no room for one */
	uint64_t at; /* bytes */
	uint64_t room; /* entries */
	uint64_t newest; /* its sequence, 0: there is none */
};

/* Finds the newest entry in what the device has behind `at`. What is no entry is room. */
void history_open(struct history *history, struct block *block, uint64_t at);

/* The entry with this sequence; false if it is gone or was lost. */
bool history_get(
	const struct history *history, uint64_t sequence, struct history_entry *entry);

/* The sequence of the oldest that can be there. */
uint64_t history_oldest(const struct history *history);

/* The newest of a kind; false if there is none. */
bool history_find(
	const struct history *history, uint32_t kind, struct history_entry *entry);

/* Fills in sequence, clocks and boot, makes it durable, reads it back; 0 or -errno with
 * e. */
int history_add(struct history *history, struct history_entry *entry, struct error *e);

/* Ms from an entry of an earlier boot to now, by the counter or the real-time clock; 0:
 * they do not tell. */
uint32_t history_since(const struct history_entry *then);

/* Writes BLOCK_SECTOR bytes. */
void history_pack(uint8_t *bytes, const struct history_entry *entry);

/* False if the bytes are no entry. */
bool history_unpack(struct history_entry *entry, const uint8_t *bytes);

/* "installed", "attempt" ... */
const char *history_name(const struct history_entry *entry);

#endif
