/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "pid1/log/logwire.c"
#include "pid1/telemetry/syslog.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is taken for a record fits into a message and has one encoding. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char message[SYSLOG_MOST];
	uint8_t again[LOGWIRE_PACKET];
	struct logwire record;

	if (logwire_get(&record, data, size) < 0)
		return 0;
	if (size <= LOGWIRE_PACKET &&
		(logwire_put(&record, again) != size || memcmp(again, data, size) != 0))
		abort();
	if (syslog_count(message, syslog_format(message, &record, "host", 0)) == 0 ||
		syslog_lost(message, &record, "host", 0) > SYSLOG_MOST)
		abort();
	return 0;
}
