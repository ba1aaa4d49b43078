/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <errno.h>
#include <string.h>

/* Header-only, so that pid1 links no library for it. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "error.h"
#include "wire.h"

#define MAGIC	    "INGOTCFG"
#define MAGIC_SIZE  8
#define HEADER_SIZE 24

/* Names become cgroup folders and messages. */
static bool
is_name(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= 64 && name[0] != '.' && name[0] != '-' &&
	       strspn(name,
		       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") ==
		       length;
}

/* What pid1 counts on in a service; what is wrong, or NULL. */
static const char *
check_service(const struct config *config, size_t index)
{
	const struct config_service *s = &config->services[index];

	if (!is_name(s->name))
		return "bad name";
	if (!s->arguments[0] || s->arguments[0][0] != '/')
		return "no program by absolute path";
	if (s->type > SERVICE_ONESHOT || s->restart > RESTART_ALWAYS)
		return "unknown type or restart";
	if (s->tty[0] && s->tty[0] != '/')
		return "terminal is no absolute path";
	for (size_t i = 0; i < s->after_count; i++)
		if (s->after[i] >= index)
			return "starts after a later service";
	for (size_t i = 0; i < index; i++)
		if (strcmp(config->services[i].name, s->name) == 0)
			return "name given twice";
	return NULL;
}

static const char *
check_module(const struct config_module *module)
{
	if (!is_name(module->name))
		return "bad name";
	return module->path[0] == '/' ? NULL : "no absolute path";
}

static const char *
check_head(const struct config *config)
{
	if (!is_name(config->board))
		return "bad board name";
	if (config->hostname[0] && !is_name(config->hostname))
		return "bad hostname";
	if (config->selfcheck > 1)
		return "bad selfcheck flag";
	return config->epoch < 0 ? "epoch before 1970" : NULL;
}

static int
check(const struct config *config, int code, struct error *e)
{
	const char *why = check_head(config);

	if (why)
		return error_set(e, code, "config: %s", why);
	for (size_t i = 0; i < config->module_count; i++) {
		why = check_module(&config->modules[i]);
		if (why)
			return error_set(e, code, "config: module %zu: %s", i, why);
	}
	for (size_t i = 0; i < config->service_count; i++) {
		why = check_service(config, i);
		if (why)
			return error_set(e, code, "config: service %zu: %s", i, why);
	}
	return 0;
}

static void
put_service(struct wire_writer *w, const struct config_service *s)
{
	uint16_t count = 0;

	while (count < CONFIG_ARGUMENTS && s->arguments[count])
		count++;
	wire_put_string(w, s->name);
	wire_put_string(w, s->description);
	wire_put_u16(w, count);
	for (size_t i = 0; i < count; i++)
		wire_put_string(w, s->arguments[i]);
	wire_put_u8(w, (uint8_t)s->type);
	wire_put_u8(w, (uint8_t)s->restart);
	wire_put_u64(w, s->restart_ms);
	wire_put_u64(w, s->memory_max);
	wire_put_u64(w, s->tasks_max);
	wire_put_u32(w, s->uid);
	wire_put_u32(w, s->gid);
	wire_put_string(w, s->tty);
	wire_put_u16(w, (uint16_t)s->after_count);
	for (size_t i = 0; i < s->after_count; i++)
		wire_put_u16(w, s->after[i]);
}

static void
put_payload(struct wire_writer *w, const struct config *config)
{
	wire_put_string(w, config->board);
	wire_put_string(w, config->hostname);
	wire_put_string(w, config->cmdline);
	wire_put_u64(w, (uint64_t)config->epoch);
	wire_put_u64(w, config->run_size);
	wire_put_u64(w, config->tmp_size);
	wire_put_u8(w, config->selfcheck);
	wire_put_u16(w, (uint16_t)config->module_count);
	for (size_t i = 0; i < config->module_count; i++) {
		wire_put_string(w, config->modules[i].name);
		wire_put_string(w, config->modules[i].path);
		wire_put_string(w, config->modules[i].parameters);
	}
	wire_put_u16(w, (uint16_t)config->service_count);
	for (size_t i = 0; i < config->service_count; i++)
		put_service(w, &config->services[i]);
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
	struct wire_writer w;
	int r;

	*data = NULL;
	*size = 0;
	if (config->service_count > CONFIG_SERVICES)
		return error_set(e, E2BIG, "%zu services, at most %d",
			config->service_count, CONFIG_SERVICES);
	if (config->module_count > CONFIG_MODULES)
		return error_set(e, E2BIG, "%zu modules, at most %d",
			config->module_count, CONFIG_MODULES);
	for (size_t i = 0; i < config->service_count; i++) {
		const struct config_service *s = &config->services[i];

		if (s->arguments[CONFIG_ARGUMENTS])
			return error_set(e, E2BIG, "%s: more than %d arguments", s->name,
				CONFIG_ARGUMENTS);
		if (s->after_count > CONFIG_SERVICES)
			return error_set(
				e, E2BIG, "%s: after too many services", s->name);
	}
	r = check(config, EINVAL, e);
	if (r < 0)
		return r;
	wire_write_init(&w);
	for (size_t i = 0; i < HEADER_SIZE; i++)
		wire_put_u8(&w, 0);
	put_payload(&w, config);
	if (!w.failed)
		put_header(&w);
	if (w.failed) {
		wire_free(&w);
		return error_set(e, ENOMEM, "config: out of memory");
	}
	*data = w.data;
	*size = w.size;
	return 0;
}

/* Only the counts can be too big for what they fill; the rest is checked once, at the
 * end. */
static int
get_service(struct wire_reader *r, struct config_service *s)
{
	size_t count;

	s->name = wire_get_string(r);
	s->description = wire_get_string(r);
	count = wire_get_u16(r);
	if (count > CONFIG_ARGUMENTS)
		return -E2BIG;
	for (size_t i = 0; i < count; i++)
		s->arguments[i] = wire_get_string(r);
	s->arguments[count] = NULL;
	s->type = (enum service_type)wire_get_u8(r);
	s->restart = (enum service_restart)wire_get_u8(r);
	s->restart_ms = wire_get_u64(r);
	s->memory_max = wire_get_u64(r);
	s->tasks_max = wire_get_u64(r);
	s->uid = wire_get_u32(r);
	s->gid = wire_get_u32(r);
	s->tty = wire_get_string(r);
	s->after_count = wire_get_u16(r);
	if (s->after_count > CONFIG_SERVICES) {
		s->after_count = 0;
		return -E2BIG;
	}
	for (size_t i = 0; i < s->after_count; i++)
		s->after[i] = wire_get_u16(r);
	return 0;
}

static int
get_payload(struct wire_reader *r, struct config *config, struct error *e)
{
	size_t count;

	config->board = wire_get_string(r);
	config->hostname = wire_get_string(r);
	config->cmdline = wire_get_string(r);
	config->epoch = (int64_t)wire_get_u64(r);
	config->run_size = wire_get_u64(r);
	config->tmp_size = wire_get_u64(r);
	config->selfcheck = wire_get_u8(r);
	count = wire_get_u16(r);
	if (count > CONFIG_MODULES)
		return error_set(e, E2BIG, "config: %zu modules, at most %d", count,
			CONFIG_MODULES);
	for (config->module_count = 0; config->module_count < count;
		config->module_count++) {
		struct config_module *module = &config->modules[config->module_count];

		module->name = wire_get_string(r);
		module->path = wire_get_string(r);
		module->parameters = wire_get_string(r);
	}
	count = wire_get_u16(r);
	if (count > CONFIG_SERVICES)
		return error_set(e, E2BIG, "config: %zu services, at most %d", count,
			CONFIG_SERVICES);
	for (config->service_count = 0; config->service_count < count;
		config->service_count++)
		if (get_service(r, &config->services[config->service_count]) < 0)
			return error_set(e, E2BIG,
				"config: service %zu: too many arguments",
				config->service_count);
	return 0;
}

int
config_decode(struct config *config, const void *data, size_t size, struct error *e)
{
	struct config_service *services = config->services;
	struct wire_reader r;
	uint32_t version, length;
	uint64_t hash;
	int result;

	memset(config, 0, sizeof(*config));
	config->services = services;
	if (size < HEADER_SIZE || memcmp(data, MAGIC, MAGIC_SIZE) != 0)
		return error_set(e, EBADMSG, "config: not a compiled config");
	wire_read_init(&r, data, size);
	r.at = MAGIC_SIZE;
	version = wire_get_u32(&r);
	length = wire_get_u32(&r);
	hash = wire_get_u64(&r);
	if (version != CONFIG_VERSION)
		return error_set(e, EPROTO,
			"config: layout version %u, this pid1 reads %d", version,
			CONFIG_VERSION);
	if (length != size - HEADER_SIZE)
		return error_set(e, EBADMSG, "config: %zu bytes, its header says %u",
			size - HEADER_SIZE, length);
	if (XXH64(r.data + HEADER_SIZE, length, 0) != hash)
		return error_set(e, EBADMSG, "config: damaged: its checksum differs");
	result = get_payload(&r, config, e);
	if (result == 0 && (r.failed || r.at != r.size))
		result = error_set(e, EBADMSG, "config: damaged: lengths do not add up");
	if (result == 0)
		result = check(config, EBADMSG, e);
	/* Nothing of a bad one is left to be used. */
	if (result < 0)
		config->service_count = config->module_count = 0;
	return result;
}
