/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <errno.h>
#include <string.h>

/* Header-only, so that pid1 links no library for it. clang's analyzer takes its test for
 * NULL to mean that ours may be, and finds fault with a header that is not ours. */
#ifndef __clang_analyzer__
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include "codec.h"
#include "error.h"
#include "wire.h"

#define MAGIC	    "INGOTCFG"
#define MAGIC_SIZE  8
#define HEADER_SIZE 24

bool
config_is_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= 64 && name[0] != '.' && name[0] != '-' &&
	       strspn(name,
		       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+_.-") ==
		       length;
}

static const char *
module_fault(const struct config_module *module)
{
	if (!config_is_name(module->name))
		return "bad name";
	return module->path[0] == '/' ? NULL : "no absolute path";
}

static const char *
head_fault(const struct config *config)
{
	if (!config_is_name(config->board))
		return "bad board name";
	if (config->hostname[0] && !config_is_name(config->hostname))
		return "bad hostname";
	if (config->selfcheck > 1)
		return "bad selfcheck flag";
	if (config->lock_modules > 1)
		return "bad lock-modules flag";
	if (config->epoch < 0)
		return "epoch before 1970";
	if (config_health_fault(&config->health))
		return config_health_fault(&config->health);
	if (config_net_fault(&config->net))
		return config_net_fault(&config->net);
	if (config_seed_fault(&config->seed, config->mount_count))
		return config_seed_fault(&config->seed, config->mount_count);
	if (config_power_fault(&config->watchdog, &config->reason, &config->kexec))
		return config_power_fault(
			&config->watchdog, &config->reason, &config->kexec);
	if (config_log_fault(&config->log, config->service_count))
		return config_log_fault(&config->log, config->service_count);
	if (config_crash_fault(&config->crash))
		return config_crash_fault(&config->crash);
	return config_outbox_fault(&config->outbox, config->service_count);
}

static bool
all_below(const struct config_relation *relation, size_t count)
{
	for (size_t i = 0; i < relation->count; i++)
		if (relation->index[i] >= count)
			return false;
	return true;
}

static const char *
service_fault(const struct config *config, size_t index)
{
	const struct config_service *service = &config->services[index];
	const char *why = config_service_fault(service, index);

	if (!why && (!all_below(&service->requires, config->service_count) ||
			    !all_below(&service->wants, config->service_count) ||
			    !all_below(&service->on_failure, config->service_count)))
		why = "needs a service that is not there";
	if (!why && (service->mounts | service->mounts_wanted) >> config->mount_count)
		why = "needs a mount that is not there";
	for (size_t i = 0; !why && i < index; i++)
		if (strcmp(config->services[i].name, service->name) == 0)
			why = "name given twice";
	return why;
}

static int
check(const struct config *config, int code, struct error *e)
{
	const char *why = head_fault(config);

	if (why)
		return error_set(e, code, "config: %s", why);
	for (size_t i = 0; i < config->module_count; i++) {
		why = module_fault(&config->modules[i]);
		if (why)
			return error_set(e, code, "config: module %zu: %s", i, why);
	}
	for (size_t i = 0; i < config->mount_count; i++) {
		why = config_mount_fault(&config->mounts[i]);
		if (why)
			return error_set(e, code, "config: mount %zu: %s", i, why);
	}
	for (size_t i = 0; i < config->service_count; i++) {
		why = service_fault(config, i);
		if (why)
			return error_set(e, code, "config: service %zu: %s", i, why);
	}
	return 0;
}

static void
visit(struct codec *c, struct config *config)
{
	codec_string(c, &config->board);
	codec_string(c, &config->hostname);
	codec_string(c, &config->cmdline);
	codec_i64(c, &config->epoch);
	codec_u64(c, &config->run_size);
	codec_u64(c, &config->tmp_size);
	codec_u8(c, &config->selfcheck);
	config_log_visit(c, &config->log);
	config_crash_visit(c, &config->crash);
	config_outbox_visit(c, &config->outbox);
	config_health_visit(c, &config->health);
	config_watchdog_visit(c, &config->watchdog);
	config_reason_visit(c, &config->reason);
	config_kexec_visit(c, &config->kexec);
	config_net_visit(c, &config->net);
	codec_count(c, &config->module_count, CONFIG_MODULES);
	for (size_t i = 0; !c->too_many && i < config->module_count; i++) {
		codec_string(c, &config->modules[i].name);
		codec_string(c, &config->modules[i].path);
		codec_string(c, &config->modules[i].parameters);
	}
	codec_u8(c, &config->lock_modules);
	codec_count(c, &config->mount_count, CONFIG_MOUNTS);
	for (size_t i = 0; !c->too_many && i < config->mount_count; i++)
		config_mount_visit(c, &config->mounts[i]);
	config_seed_visit(c, &config->seed);
	codec_count(c, &config->service_count, CONFIG_SERVICES);
	for (size_t i = 0; !c->too_many && i < config->service_count; i++)
		config_service_visit(c, &config->services[i]);
}

/* The header goes in front once the payload's size and hash are known. */
static void
put_header(struct wire_writer *w)
{
	size_t size = w->size - HEADER_SIZE;
	uint64_t hash = XXH64(w->data + HEADER_SIZE, size, 0);
	struct wire_writer header;

	if (size > UINT32_MAX) {
		w->failed = true;
		return;
	}
	memcpy(w->data, MAGIC, MAGIC_SIZE);
	wire_write_fixed(&header, w->data + MAGIC_SIZE, HEADER_SIZE - MAGIC_SIZE);
	wire_put_u32(&header, CONFIG_VERSION);
	wire_put_u32(&header, (uint32_t)size);
	wire_put_u64(&header, hash);
}

int
config_encode(const struct config *config, uint8_t **data, size_t *size, struct error *e)
{
	struct config copy = *config; /* a writing visit changes nothing */
	struct wire_writer w;
	struct codec c = {.writer = &w};
	int r = 0;

	*data = NULL;
	*size = 0;
	wire_write_init(&w);
	for (size_t i = 0; i < HEADER_SIZE; i++)
		wire_put_u8(&w, 0);
	visit(&c, &copy);
	if (c.too_many)
		r = error_set(e, E2BIG,
			"config: at most %d services with %d arguments and %d names in After= each, %d modules and %d mounts",
			CONFIG_SERVICES, CONFIG_ARGUMENTS, CONFIG_RELATIONS,
			CONFIG_MODULES, CONFIG_MOUNTS);
	else
		r = check(config, EINVAL, e);
	if (r == 0 && !w.failed)
		put_header(&w);
	if (r == 0 && w.failed)
		r = error_set(e, ENOMEM, "config: out of memory");
	if (r < 0) {
		wire_free(&w);
		return r;
	}
	*data = w.data;
	*size = w.size;
	return 0;
}

static int
check_header(struct wire_reader *r, size_t size, struct error *e)
{
	uint32_t version, length;
	uint64_t hash;

	if (size < HEADER_SIZE || memcmp(r->data, MAGIC, MAGIC_SIZE) != 0)
		return error_set(e, EBADMSG, "config: not a compiled config");
	r->at = MAGIC_SIZE;
	version = wire_get_u32(r);
	length = wire_get_u32(r);
	hash = wire_get_u64(r);
	if (version != CONFIG_VERSION)
		return error_set(e, EPROTO,
			"config: layout version %u, this pid1 reads %d", version,
			CONFIG_VERSION);
	if (length != size - HEADER_SIZE)
		return error_set(e, EBADMSG, "config: %zu bytes, its header says %u",
			size - HEADER_SIZE, length);
	if (XXH64(r->data + HEADER_SIZE, length, 0) != hash)
		return error_set(e, EBADMSG, "config: damaged: its checksum differs");
	return 0;
}

int
config_decode(struct config *config, const void *data, size_t size, struct error *e)
{
	struct config_service *services = config->services;
	struct wire_reader r;
	struct codec c = {.reader = &r};
	int result;

	memset(config, 0, offsetof(struct config, modules));
	config->services = services;
	wire_read_init(&r, data, size);
	result = check_header(&r, size, e);
	if (result < 0)
		return result;
	visit(&c, config);
	if (c.too_many)
		result = error_set(e, E2BIG,
			"config: more services, modules, arguments or names than this pid1 has room for");
	else if (r.failed || r.at != r.size)
		result = error_set(e, EBADMSG, "config: damaged: lengths do not add up");
	else
		result = check(config, EBADMSG, e);
	/* Nothing of a bad one is left to be used. */
	if (result < 0)
		config->service_count = config->module_count = config->mount_count = 0;
	return result;
}
