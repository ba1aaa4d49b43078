/* SPDX-License-Identifier: ISC */
#include "config_log.h"

#include <stdbool.h>
#include <string.h>

#include "codec.h"

void
config_log_visit(struct codec *c, struct config_log *log)
{
	codec_u8(c, &log->console);
	codec_u64(c, &log->size);
	codec_u64(c, &log->kernel_size);
	codec_u8(c, &log->protocol);
	codec_string(c, &log->address);
	codec_u16(c, &log->port);
	codec_u16(c, &log->reader);
}

void
config_service_log_visit(struct codec *c, struct config_service_log *log)
{
	codec_u64(c, &log->size);
	codec_u64(c, &log->interval_ms);
	codec_u64(c, &log->burst);
}

static bool
is_size(uint64_t size)
{
	return size >= CONFIG_LOG_LEAST && size <= CONFIG_LOG_MOST;
}

const char *
config_log_fault(const struct config_log *log, uint16_t services)
{
	if (log->console > 1)
		return "bad console flag";
	if (!is_size(log->size) || !is_size(log->kernel_size))
		return "size of a log is not 4K to 16M";
	if (log->protocol >= COLLECTOR_PROTOCOLS)
		return "unknown protocol of the collector";
	if (log->protocol != COLLECTOR_NONE &&
		(!log->address[0] || strlen(log->address) > 45 || log->port == 0))
		return "collector without address or port";
	if (log->reader > services)
		return "reader of the log is no service";
	return NULL;
}

const char *
config_service_log_fault(const struct config_service_log *log)
{
	return log->size == 0 || is_size(log->size) ? NULL
						    : "size of a log is not 4K to 16M";
}
