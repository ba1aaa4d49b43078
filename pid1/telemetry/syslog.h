/* SPDX-License-Identifier: ISC */
#ifndef PID1_SYSLOG_H
#define PID1_SYSLOG_H

#include <stddef.h>
#include <stdint.h>

struct logwire;

/*
 * Syslog messages as RFC 5424 has them, each with the elements timeQuality (not synced,
 * since nobody here knows) and meta: sequenceId tells one sent twice, sysUpTime is the
 * monotonic time in hundredths of a second. The text is sent as the service wrote it,
 * without a byte order mark: RFC 5424's MSG-ANY.
 */
#define SYSLOG_MOST 1536 /* bytes of a message with what counts it */

/* The message: its size. real_us: what the real time was at monotonic zero. */
size_t syslog_format(
	char *data, const struct logwire *record, const char *hostname, int64_t real_us);

/* The message that some of a source were lost before this record. */
size_t syslog_lost(
	char *data, const struct logwire *record, const char *hostname, int64_t real_us);

/* Puts its length and a blank before a message, in place: RFC 6587, 3.4.1, for TCP. The
 * size of all. */
size_t syslog_count(char *data, size_t size);

#endif
