/* SPDX-License-Identifier: ISC */
#include "config_log.h"

#include <stdbool.h>
#include <string.h>

#include "codec.h"
#include "config.h"

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
config_crash_visit(struct codec *c, struct config_crash *crash)
{
	codec_string(c, &crash->store);
	codec_u16(c, &crash->count);
	codec_u64(c, &crash->size);
}

void
config_outbox_visit(struct codec *c, struct config_outbox *outbox)
{
	codec_string(c, &outbox->url);
	codec_u64(c, &outbox->bandwidth);
	codec_strings(c, outbox->priorities, CONFIG_PRIORITIES);
	codec_u16(c, &outbox->sender);
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
config_crash_fault(const struct config_crash *crash)
{
	if (!crash->store || !crash->store[0])
		return NULL;
	if (crash->store[0] != '/')
		return "store of crash reports is no absolute path";
	if (crash->count == 0 || crash->size < CONFIG_CRASH_LEAST)
		return "store of crash reports without room";
	return NULL;
}

const char *
config_outbox_fault(const struct config_outbox *outbox, uint16_t services)
{
	if (!outbox->url || !outbox->url[0])
		return NULL;
	if (strncmp(outbox->url, "http://", 7) != 0)
		return "outbox without an http address";
	if (outbox->sender >= services)
		return "sender of the outbox is no service";
	for (size_t i = 0; outbox->priorities[i]; i++)
		if (!config_is_name(outbox->priorities[i]))
			return "bad name of a priority";
	return outbox->priorities[0] ? NULL : "outbox without priorities";
}

const char *
config_service_log_fault(const struct config_service_log *log)
{
	if (log->interval_ms > CONFIG_WAIT_MS)
		return "interval of a log's rate is more than a day";
	return log->size == 0 || is_size(log->size) ? NULL
						    : "size of a log is not 4K to 16M";
}
