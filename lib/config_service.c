/* SPDX-License-Identifier: ISC */
#include "config_service.h"

#include "codec.h"
#include "config.h"

static void
visit_relation(struct codec *c, struct config_relation *relation)
{
	codec_count(c, &relation->count, CONFIG_RELATIONS);
	for (size_t i = 0; i < relation->count && i < CONFIG_RELATIONS; i++)
		codec_u16(c, &relation->index[i]);
}

static void
visit_limits(struct codec *c, struct config_limits *limits)
{
	codec_u64(c, &limits->memory_max);
	codec_u64(c, &limits->tasks_max);
}

static void
visit_isolation(struct codec *c, struct config_isolation *isolation)
{
	codec_u32(c, &isolation->uid);
	codec_u32(c, &isolation->gid);
}

void
config_service_visit(struct codec *c, struct config_service *service)
{
	codec_string(c, &service->name);
	codec_string(c, &service->description);
	codec_strings(c, service->arguments, CONFIG_ARGUMENTS);
	codec_u8(c, &service->type);
	codec_u8(c, &service->restart);
	codec_u64(c, &service->restart_ms);
	codec_string(c, &service->tty);
	visit_relation(c, &service->after);
	visit_limits(c, &service->limits);
	visit_isolation(c, &service->isolation);
}

const char *
config_service_fault(const struct config_service *service, size_t index)
{
	if (!config_is_name(service->name))
		return "bad name";
	if (!service->arguments[0] || service->arguments[0][0] != '/')
		return "no program by absolute path";
	if (service->type >= SERVICE_TYPES || service->restart >= SERVICE_RESTARTS)
		return "unknown type or restart";
	if (service->tty[0] && service->tty[0] != '/')
		return "terminal is no absolute path";
	for (size_t i = 0; i < service->after.count; i++)
		if (service->after.index[i] >= index)
			return "starts after a later service";
	return NULL;
}
