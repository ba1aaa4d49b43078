/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_BOARD_SLOTS_H
#define BUILDER_BOARD_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/gpt.h"
#include "lib/strlist.h"

struct board;
struct error;
struct field;
struct layers;

enum slots_method {
	SLOTS_NONE, /* the board has no [slots] */
	SLOTS_LAUNCHER, /* a small kernel image picks the slot and jumps */
	SLOTS_EFI, /* the firmware's boot entries do */
};

/* The partitions of the board's disk, by number less one. */
enum slots_part {
	SLOTS_A,
	SLOTS_B,
	SLOTS_STATE,
	SLOTS_REASON,
	SLOTS_DATA, /* only where data > 0 */
	SLOTS_SYSTEM, /* this and the next only for UEFI firmware with a launcher: */
	SLOTS_SYSTEM_B, /* what it falls back to, twice */
	SLOTS_PARTS
};

#define SLOTS_KEXEC  1u /* the ways of a trial, as bits */
#define SLOTS_REBOOT 2u

/* [slots] of a board; board(5). */
struct board_slots {
	enum slots_method method;
	char *board; /* whose updates are taken */
	bool launches; /* this image is the launcher of that board */
	char *launcher; /* the board whose image launches this one, or NULL */
	char *part[SLOTS_PARTS]; /* paths, or PARTUUID=GUID; NULL: there is none */
	uint64_t size, data; /* bytes of a slot, of the data partition */
	struct strlist keys; /* minisign public keys, a line of base64 each */
	unsigned threshold; /* so many of them have to sign */
	unsigned ways; /* of a trial: SLOTS_KEXEC, SLOTS_REBOOT */
	bool guarded; /* the firmware arms a watchdog before it loads anything */
};

/* After the recipes are read. known: the sections and keys of board.ini. 0 or -errno. */
int board_slots_read(struct board *board, struct layers *layers,
	const struct field *known, struct error *e);

/* The name of a partition that `ingot disk` makes. */
const char *board_slots_name(enum slots_part part);

/* The partition of that name; SLOTS_PARTS for any other. */
enum slots_part board_slots_part(const char *name);

/* What mounts and services of the board call by such a name is now called by the device.
 * After the slots are read. 0 or -errno. */
int board_slots_link(struct board *board, struct error *e);

/* Its GUID: what [slots] says, else one that follows from the board's name and its own. */
void board_slots_guid(
	const struct board_slots *slots, enum slots_part part, char text[GPT_GUID_TEXT]);

/* "PARTUUID=" and that, the caller's to free. */
char *board_slots_device(const struct board_slots *slots, enum slots_part part);

/* The device's rollback.conf (rollback(8)), the caller's to free; NULL without [slots].
 */
char *board_slots_text(const struct board_slots *slots);

/* Whether services and mounts leave the slots' devices to who writes them, and who writes
 * them gets at them. After all of the board is read. 0, or -EINVAL with e. */
int board_slots_check(const struct board *board, struct error *e);

void board_slots_free(struct board_slots *slots);

#endif
