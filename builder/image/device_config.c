/* SPDX-License-Identifier: ISC */
#include "device_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config.h"
#include "lib/error.h"
#include "builder/read/board.h"
#include "modinfo.h"
#include "builder/read/seccomp.h"
#include "builder/base/xalloc.h"

/* The indexes of what a service starts after; the board has them in start order. */
static int
fill_after(struct config_service *to, const struct board *board, size_t index,
	struct error *e)
{
	const struct service *from = &board->services[index];

	for (size_t i = 0; i < from->after.count; i++) {
		size_t at = 0;

		while (at < index &&
			strcmp(board->services[at].name, from->after.item[i]) != 0)
			at++;
		if (at == index)
			return error_set(e, EINVAL,
				"%s: After: %s does not start before it", from->file,
				from->after.item[i]);
		to->after.index[to->after.count++] = (uint16_t)at;
	}
	return 0;
}

/* Its filter's bytes are the caller's to free. */
static int
fill_filter(struct config_service *to, const struct service *from, const char *arch,
	struct error *e)
{
	const struct seccomp_request request = {.words = &from->filter.words,
		.deny = from->filter.deny,
		.namespaces = from->filter.namespaces,
		.kill = from->filter.kill};
	uint8_t *filter = NULL;
	char why[256];

	if (from->filter.none)
		return 0;
	if (seccomp_compile(&request, arch, &filter, &to->isolation.filter_size, why,
		    sizeof(why)) < 0)
		return error_set(e, EINVAL, "%s: SystemCallFilter: %s", from->file, why);
	to->isolation.filter = filter;
	return 0;
}

/* The same for names that are in no order to it. */
static int
fill_relation(struct config_relation *to, const struct board *board,
	const struct service *from, const char *key, const struct service_names *others,
	struct error *e)
{
	for (size_t i = 0; i < others->names.count; i++) {
		size_t at = 0;

		while (at < board->service_count &&
			strcmp(board->services[at].name, others->names.item[i]) != 0)
			at++;
		if (at == board->service_count)
			return error_set(e, EINVAL, "%s:%u: %s: %s is not in the image",
				from->file, others->line, key, others->names.item[i]);
		to->index[to->count++] = (uint16_t)at;
	}
	return 0;
}

static int
fill_relations(struct config_service *to, const struct board *board, size_t index,
	struct error *e)
{
	const struct service *from = &board->services[index];
	int r = fill_after(to, board, index, e);

	if (r == 0)
		r = fill_relation(
			&to->requires, board, from, "Requires", &from->requires, e);
	if (r == 0)
		r = fill_relation(&to->wants, board, from, "Wants", &from->wants, e);
	if (r == 0)
		r = fill_relation(
			&to->on_failure, board, from, "OnFailure", &from->on_failure, e);
	return r;
}

static int
fill_service(struct config_service *to, const struct board *board, size_t index,
	struct error *e)
{
	const struct service *from = &board->services[index];

	if (from->arguments.count > CONFIG_ARGUMENTS ||
		from->after.count > CONFIG_RELATIONS)
		return error_set(e, E2BIG, "%s: ExecStart: want at most %d words",
			from->file, CONFIG_ARGUMENTS);
	*to = (struct config_service){
		.name = from->name,
		.description = from->description,
		.type = (uint8_t)from->type,
		.restart = (uint8_t)from->restart,
		.life = from->life,
		.limits = from->limits,
		.isolation = from->isolation,
		.log = from->log,
		.mounts = from->mounts,
		.mounts_wanted = from->mounts_wanted,
		.tty = from->tty ? from->tty : "",
		.directory = from->directory,
	};
	to->isolation.tmp_size = board->tmp_size;
	for (size_t i = 0; i < from->environment.count && i < CONFIG_ENVIRONMENT; i++)
		to->environment[i] = from->environment.item[i];
	for (size_t i = 0; i < from->arguments.count; i++)
		to->arguments[i] = from->arguments.item[i];
	if (fill_relations(to, board, index, e) < 0)
		return -EINVAL;
	return fill_filter(to, from, board->arch, e);
}

int
device_config(const struct board *board, const struct modinfo_loads *modules,
	const char *cmdline, uint8_t **data, size_t *size, struct error *e)
{
	struct config *config;
	int r = 0;

	if (board->service_count > CONFIG_SERVICES || modules->count > CONFIG_MODULES)
		return error_set(e, E2BIG, "%s: want at most %d services and %d modules",
			board->file, CONFIG_SERVICES, CONFIG_MODULES);
	config = xcalloc(1, sizeof(*config));
	*config = (struct config){
		.board = board->name,
		.hostname = board->hostname,
		.cmdline = cmdline,
		.epoch = board->epoch,
		.run_size = board->run_size,
		.tmp_size = board->tmp_size,
		.selfcheck = board->selfcheck,
		.log = board->log,
		.crash = board->crash,
		.outbox = board->outbox,
		.net = board->net.config,
		.lock_modules = board->lock_modules,
		.mount_count = (uint16_t)board->mounts.count,
		.seed = board->mounts.seed,
		.module_count = (uint16_t)modules->count,
		.service_count = (uint16_t)board->service_count,
		.services = xcalloc(CONFIG_SERVICES, sizeof(*config->services)),
	};
	board_health_compile(&board->health, &config->health);
	for (size_t i = 0; i < board->mounts.count; i++)
		config->mounts[i] = board->mounts.mount[i];
	board_power_compile(&board->power, config);
	for (size_t i = 0; i < modules->count; i++)
		config->modules[i] = (struct config_module){
			.name = modules->load[i].name,
			.path = modules->load[i].path,
			.parameters = modules->load[i].parameters,
		};
	for (size_t i = 0; i < board->service_count && r == 0; i++)
		r = fill_service(&config->services[i], board, i, e);
	if (r == 0)
		r = config_encode(config, data, size, e);
	for (size_t i = 0; i < board->service_count; i++)
		free((uint8_t *)(uintptr_t)config->services[i].isolation.filter);
	free(config->services);
	free(config);
	return r;
}
