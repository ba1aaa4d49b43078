/* SPDX-License-Identifier: ISC */
#ifndef PID1_LOGWIRE_H
#define PID1_LOGWIRE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What pid1 hands the log's reader over the socket LOGWIRE_SOCKET (SOCK_SEQPACKET): one
 * record a packet, little-endian: u8 version, u8 priority, u8 flags, u64 sequence, u64
 * time_us, u64 lost, u32 length and the source's name, u32 length and the text
 * (lib/wire.h).
 *
 * The reader answers with packets of one u32, how many records more it has dealt with.
 * pid1 sends at most LOGWIRE_WINDOW records ahead of that. What it has sent but not been
 * told of is sent again to the next connection.
 */
#define LOGWIRE_FOLDER "/run/pid1"
#define LOGWIRE_SOCKET LOGWIRE_FOLDER "/log"
#define LOGWIRE_WINDOW 32
#define LOGWIRE_TEXT   1024 /* bytes, at most */
#define LOGWIRE_PACKET (35 + 65 + LOGWIRE_TEXT)

struct logwire {
	uint8_t priority; /* facility * 8 + severity */
	uint8_t flags; /* enum ring_flag */
	uint64_t sequence; /* order among all records of this boot */
	uint64_t time_us; /* monotonic */
	uint64_t lost; /* records of this source that were overwritten before it */
	const char *source; /* a service's name, "kernel" or "pid1" */
	const char *text; /* no NUL in it nor behind it */
	uint32_t size;
};

/* Into data with room for LOGWIRE_PACKET: its size. */
size_t logwire_put(const struct logwire *record, uint8_t *data);

/* Strings point into data. 0, or -EBADMSG for what is no record. */
int logwire_get(struct logwire *record, const uint8_t *data, size_t size);

#endif
