/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_DEVICE_H
#define ROLLBACK_DEVICE_H

#include "history.h"
#include "lib/error.h"
#include "lib/minisign.h"
#include "lib/release.h"
#include "lib/state.h"

/* Whose releases are taken. */
struct trust {
	char board[FILES_BOARD_SIZE];
	struct minisign_public key[MINISIGN_KEYS];
	size_t keys;
	unsigned threshold; /* so many of them have to sign */
	const struct trust *before; /* who was believed before a rotation, or NULL */
};

struct device;

/*
 * What starts the device, where it has to be told what the state says. Each returns 0 or
 * -errno with e.
 */
struct boot {
	/* Before a step that leads to next: its default may be a slot only that is GOOD
	 * before and after it. */
	int (*lead)(struct boot *boot, struct device *device, const struct slots *next,
		struct error *e);
	/* After each durable step, and to mend what was lost. */
	int (*follow)(struct boot *boot, struct device *device, struct error *e);
	/* 1 if the attempt on record waits for the next start, 0 if that was. */
	int (*waits)(struct boot *boot, struct device *device, struct error *e);
	unsigned told; /* how often it had to be told something */
};

struct device {
	struct block *slot[SLOT_COUNT];
	struct trust trust;
	bool has_content; /* false where what runs carries no content id */
	uint8_t content[SLOT_HASH]; /* of what runs */
	struct state state;
	bool lost; /* there is no state: nothing but repair is possible */
	struct history history;
	uint64_t panics; /* what pstore holds, for the entry of an attempt; evidence.h */
	/* What the next step's entry tells beside the step: why, ms. */
	struct history_entry note;
	/* Why an entry of the history, or a broken copy of the state, was not written, or "". */
	struct error unwritten;
	struct boot *boot; /* NULL: nothing has to be told */
	bool files; /* a slot is started by a file in a file system */
};

/*
 * -errno of everything below, for the exit status: -EPERM: what is offered is not
 * wanted, -EBUSY: not now, -EBADMSG: bytes are not what was signed, -EPIPE: the input
 * ended early, else a failure of the device.
 */

/* Reads the state: 0, with lost where there is none; or -errno with e. */
int device_open(struct device *device, struct block *state, uint64_t unit,
	unsigned copies, struct error *e);

/* The slot that runs, by content id; SLOT_NONE if neither does. */
uint8_t device_running(const struct device *device);

/* Tells the boot method, if it has to be told, what the state is; 0 or -errno with e. */
int device_follow(struct device *device, struct error *e);

/* One durable step, which the boot method follows, and its entry in the history, which may
 * fail by itself; a refusal is -EPERM or -EBUSY with e. */
int device_step(struct device *device, const struct slot_input *input, struct error *e);

/* The same for the boot method's own steps, which it does not follow. */
int device_record(struct device *device, const struct slot_input *input, struct error *e);

/* An entry that is no step's, of this slot and with what the note has; what was told last
 * is not told again. */
void device_tell(struct device *device, uint32_t kind, uint8_t slot);

/* -EBUSY with e where the state is lost. */
int device_need_state(const struct device *device, struct error *e);

/* Reads a release and checks who signed it and for which board; its age is the caller's
 * matter. 0 or -EPERM with e. */
int trust_check(const struct trust *trust, const char *file, const char *text,
	size_t size, const char *signatures, size_t signatures_size,
	struct release *release, struct error *e);

/* The same for what is in a slot already: whoever was believed at some time may have
 * signed it, so that a rotation takes no confirmed image away. */
int trust_check_any(const struct trust *trust, const char *file, const char *text,
	size_t size, const char *signatures, size_t signatures_size,
	struct release *release, struct error *e);

/* What the slots' state keeps of a release. */
struct slot_image device_image(const struct release *release);

/* 'a' or 'b'. */
char device_letter(uint8_t slot);

#endif
