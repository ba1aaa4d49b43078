/* SPDX-License-Identifier: ISC */
#include "config_service.h"

#include <stdbool.h>
#include <string.h>

#include "codec.h"
#include "config_mount.h"
#include "config.h"

static void
visit_relation(struct codec *c, struct config_relation *relation)
{
	codec_count(c, &relation->count, CONFIG_RELATIONS);
	for (size_t i = 0; i < relation->count && i < CONFIG_RELATIONS; i++)
		codec_u16(c, &relation->index[i]);
}

static void
visit_i16(struct codec *c, int16_t *value)
{
	uint16_t bits = (uint16_t)*value;

	codec_u16(c, &bits);
	*value = (int16_t)bits;
}

static void
visit_limits(struct codec *c, struct config_limits *limits)
{
	codec_u64(c, &limits->memory_min);
	codec_u64(c, &limits->memory_high);
	codec_u64(c, &limits->memory_max);
	codec_u64(c, &limits->tasks_max);
	codec_u32(c, &limits->cpu_quota_us);
	codec_u16(c, &limits->cpu_weight);
	codec_u16(c, &limits->io_weight);
	codec_string(c, &limits->cpus);
	codec_u8(c, &limits->slice);
	codec_u8(c, &limits->policy);
	codec_u8(c, &limits->priority);
	visit_i16(c, &limits->nice);
	visit_i16(c, &limits->oom_score_adjust);
	codec_u64(c, &limits->files);
	codec_u64(c, &limits->core);
}

static void
visit_isolation(struct codec *c, struct config_isolation *isolation)
{
	codec_u32(c, &isolation->uid);
	codec_u32(c, &isolation->gid);
	codec_count(c, &isolation->group_count, CONFIG_GROUPS);
	for (size_t i = 0; i < isolation->group_count && i < CONFIG_GROUPS; i++)
		codec_u32(c, &isolation->groups[i]);
	codec_u32(c, &isolation->flags);
	codec_u64(c, &isolation->dropped);
	codec_u64(c, &isolation->ambient);
	codec_count(c, &isolation->bind_count, CONFIG_BINDS);
	for (size_t i = 0; i < isolation->bind_count && i < CONFIG_BINDS; i++) {
		codec_string(c, &isolation->binds[i].from);
		codec_string(c, &isolation->binds[i].to);
		codec_u8(c, &isolation->binds[i].flags);
	}
	codec_count(c, &isolation->device_count, CONFIG_DEVICES);
	for (size_t i = 0; i < isolation->device_count && i < CONFIG_DEVICES; i++) {
		codec_string(c, &isolation->devices[i].path);
		codec_u8(c, &isolation->devices[i].access);
	}
	codec_bytes(c, &isolation->filter, &isolation->filter_size);
	codec_u64(c, &isolation->tmp_size);
	codec_strings(c, isolation->runtime, CONFIG_RUNTIMES);
}

void
config_service_visit(struct codec *c, struct config_service *service)
{
	codec_string(c, &service->name);
	codec_string(c, &service->description);
	codec_strings(c, service->arguments, CONFIG_ARGUMENTS);
	codec_u8(c, &service->type);
	codec_u8(c, &service->restart);
	config_life_visit(c, &service->life);
	codec_string(c, &service->tty);
	codec_strings(c, service->environment, CONFIG_ENVIRONMENT);
	codec_string(c, &service->directory);
	visit_relation(c, &service->after);
	visit_relation(c, &service->requires);
	visit_relation(c, &service->wants);
	visit_relation(c, &service->on_failure);
	codec_u32(c, &service->mounts);
	codec_u32(c, &service->mounts_wanted);
	visit_limits(c, &service->limits);
	visit_isolation(c, &service->isolation);
	config_service_log_visit(c, &service->log);
}

static const char *
limits_fault(const struct config_limits *limits)
{
	/* sched(7): 1 and 2 are the real-time policies, 3 and 5 batch and idle. */
	const bool real_time = limits->policy == 1 || limits->policy == 2;

	if (limits->slice >= SERVICE_SLICES)
		return "unknown slice";
	if (limits->cpu_weight > 10000 || limits->io_weight > 10000)
		return "weight above 10000";
	if (limits->policy > 5 || limits->policy == 4 || limits->priority > 99 ||
		real_time != (limits->priority > 0))
		return "bad scheduling policy or priority";
	if (limits->nice < -20 || limits->nice > 19)
		return "nice is not -20 to 19";
	if (limits->oom_score_adjust < -1000 || limits->oom_score_adjust > 1000)
		return "OOM score is not -1000 to 1000";
	if (limits->cpus && strlen(limits->cpus) > 500)
		return "list of processors too long";
	if (limits->cpus && limits->cpus[strspn(limits->cpus, "0123456789,-")] != '\0')
		return "bad list of processors";
	return NULL;
}

/* Absolute, and nothing in it that would lead out of a root it is looked up in. */
static bool
is_inner_path(const char *path)
{
	return path[0] == '/' && !strstr(path, "//") && !strstr(path, "/../") &&
	       (strlen(path) < 3 || strcmp(path + strlen(path) - 3, "/..") != 0);
}

static const char *
isolation_fault(const struct config_isolation *isolation)
{
	if (isolation->flags & ~(uint32_t)ISOLATE_ALL)
		return "unknown kind of isolation";
	if (isolation->ambient & (isolation->dropped | ISOLATE_NEVER))
		return "ambient capability outside of its bounding set";
	/* struct sock_filter, and the kernel's BPF_MAXINSNS of them. */
	if (isolation->filter_size % 8 != 0 || isolation->filter_size > 4096 * 8)
		return "bad system call filter";
	if (isolation->filter_size > 0 && !(isolation->flags & ISOLATE_PRIVILEGES))
		return "system call filter without NoNewPrivileges=yes";
	for (size_t i = 0; i < isolation->bind_count; i++)
		if (!is_inner_path(isolation->binds[i].from) ||
			!is_inner_path(isolation->binds[i].to) ||
			isolation->binds[i].to[1] == '\0')
			return "bad path to bind";
	for (size_t i = 0; i < isolation->device_count; i++)
		if (!config_is_device(isolation->devices[i].path) ||
			(isolation->devices[i].path[0] == '/' &&
				!is_inner_path(isolation->devices[i].path)))
			return "device is not in /dev";
	for (size_t i = 0; isolation->runtime[i]; i++)
		if (!config_is_name(isolation->runtime[i]))
			return "bad name of a folder in /run";
	return NULL;
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
	if (service->directory && service->directory[0] && service->directory[0] != '/')
		return "working directory is no absolute path";
	if (limits_fault(&service->limits))
		return limits_fault(&service->limits);
	if (config_life_fault(&service->life, service->type))
		return config_life_fault(&service->life, service->type);
	if (isolation_fault(&service->isolation))
		return isolation_fault(&service->isolation);
	return config_service_log_fault(&service->log);
}
