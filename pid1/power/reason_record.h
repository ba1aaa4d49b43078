/* SPDX-License-Identifier: ISC */
#ifndef PID1_REASON_RECORD_H
#define PID1_REASON_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How a boot ended, as bytes that survive it; no system calls. A record is one sector,
 * little-endian: magic "INGOTEND", u32 layout version, u32 kind, u64 sequence, u64 uptime
 * in ms, i64 time of the real-time clock, u32 streak, u32 mark of the panic that this boot
 * has told, text with a NUL, u32 image, and in the last 8 bytes the XXH64 of the rest with
 * seed 0. A store has two copies, each in a block of its own; the older or broken one is
 * overwritten, so that a torn write loses only itself.
 */
#define REASON_SIZE  512 /* bytes of a record */
#define REASON_TEXT  452 /* bytes of its text, with the NUL */
#define REASON_BLOCK 4096 /* between the two copies */

enum reason_kind {
	REASON_UNKNOWN, /* nothing was kept */
	REASON_CUT, /* the boot said nothing at its end: power cut, reset, hang, panic */
	REASON_WATCHDOG, /* the same, and the hardware says that its watchdog fired */
	REASON_OFF,
	REASON_REBOOT,
	REASON_HALT,
	REASON_KEXEC,
	REASON_KEXEC_FAILED, /* asked for a kexec, restarted the ordinary way */
	REASON_RESCUE, /* pid1's own fault */
	REASON_UNHEALTHY, /* a critical service, the trial's deadline */
	REASON_NO_WATCHDOG, /* required, and not to be had */
	REASON_PANIC, /* like a cut, and pstore has the kernel's last words */
	REASON_KINDS
};

struct reason {
	enum reason_kind kind;
	uint32_t streak; /* boots in a row that ended so, this one included */
	uint32_t image; /* which ran: the first 8 digits of its content id, 0: unknown */
	uint64_t sequence, uptime_ms;
	int64_t clock; /* seconds */
	uint32_t told; /* the mark of the last panic that was told (dump.h), 0: none */
	char text[REASON_TEXT]; /* printable ASCII */
};

/* "reboot", "watchdog" ...: for messages and for the health command. */
const char *reason_name(enum reason_kind kind);

/* Writes REASON_SIZE bytes. May be called in a signal handler. */
void reason_pack(uint8_t *bytes, const struct reason *reason);

/* False if the bytes are no whole record of this layout. */
bool reason_unpack(struct reason *reason, const uint8_t *bytes);

/* Which of a store's two copies is the valid one with the higher sequence: 0, 1, or -1
 * for none. */
int reason_newest(const uint8_t *first, const uint8_t *second, struct reason *reason);

/* The last valid record that stands anywhere in a log of bytes; false if none does. */
bool reason_find(struct reason *reason, const uint8_t *log, size_t size);

#endif
