/* SPDX-License-Identifier: ISC */
#include "syslog.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pid1/log/logwire.h"

#define SEVERITY_WARNING 4

/* HOSTNAME and APP-NAME: printable ASCII without blanks, "-" for none; RFC 5424, 6. */
static void
put_name(char *to, const char *name, size_t most)
{
	size_t size = 0;

	for (; *name && size < most; name++)
		to[size++] = (char)(*name > ' ' && *name <= '~' ? *name : '_');
	if (size == 0)
		to[size++] = '-';
	to[size] = '\0';
}

static size_t
put_head(char *data, const struct logwire *record, unsigned priority,
	const char *hostname, int64_t real_us)
{
	int64_t us = real_us + (int64_t)record->time_us;
	time_t seconds = (time_t)(us / 1000000);
	char host[256], app[49], stamp[32];
	struct tm tm;
	int n;

	if (us < 0 || !gmtime_r(&seconds, &tm) ||
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		strcpy(stamp, "1970-01-01T00:00:00");
	put_name(host, hostname, 255);
	put_name(app, record->source, 48);
	/* sequenceId is 1 to 2147483647 and starts again: RFC 5424, 7.3.1 */
	n = snprintf(data, SYSLOG_MOST,
		"<%u>1 %s.%06dZ %s %s - - [timeQuality tzKnown=\"1\" isSynced=\"0\"]"
		"[meta sequenceId=\"%u\" sysUpTime=\"%llu\"] ",
		priority, stamp, us < 0 ? 0 : (int)(us % 1000000), host, app,
		(unsigned)((record->sequence - 1) % 2147483647 + 1),
		(unsigned long long)(record->time_us / 10000));
	return n < 0 ? 0 : (size_t)n;
}

size_t
syslog_format(
	char *data, const struct logwire *record, const char *hostname, int64_t real_us)
{
	size_t size = put_head(data, record, record->priority, hostname, real_us);

	memcpy(data + size, record->text, record->size);
	return size + record->size;
}

size_t
syslog_lost(
	char *data, const struct logwire *record, const char *hostname, int64_t real_us)
{
	size_t size = put_head(data, record, (record->priority & ~7u) | SEVERITY_WARNING,
		hostname, real_us);
	int n = snprintf(data + size, SYSLOG_MOST - size,
		"%llu lines lost: overwritten before they could be sent",
		(unsigned long long)record->lost);

	return n < 0 ? size : size + (size_t)n;
}

size_t
syslog_count(char *data, size_t size)
{
	char count[16];
	int n = snprintf(count, sizeof(count), "%zu ", size);

	if (n < 0 || size + (size_t)n > SYSLOG_MOST)
		return 0;
	memmove(data + n, data, size);
	memcpy(data, count, (size_t)n);
	return size + (size_t)n;
}
