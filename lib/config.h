/* SPDX-License-Identifier: ISC */
#ifndef LIB_CONFIG_H
#define LIB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config_health.h"
#include "config_log.h"
#include "config_mount.h"
#include "config_net.h"
#include "config_power.h"
#include "config_service.h"

struct error;

/*
 * What the builder compiles from board.ini and the services for pid1: checked, ordered,
 * complete. In the image at CONFIG_PATH. Layout (little-endian, lib/wire.h): magic
 * "INGOTCFG", u32 layout version, u32 payload size, u64 XXH64 of the payload with seed 0,
 * payload. Strings point into the decoded bytes, which must outlive the struct.
 */
#define CONFIG_PATH	"/ingot/config"
#define FILES_PATH	"/ingot/files"
#define CONTENT_ID_PATH "/ingot/content-id"
#define CONFIG_VERSION	12
#define CONFIG_MODULES	256 /* at most */

struct config_module {
	const char *name; /* as /proc/modules has it */
	const char *path; /* of the .ko in the image */
	const char *parameters;
};

struct config {
	const char *board;
	const char *hostname;
	const char *cmdline; /* as /proc/cmdline must read; "" where cmdline = open */
	int64_t epoch; /* seconds; the clock is never before it */
	uint64_t run_size, tmp_size; /* bytes, of the tmpfs on /run and /tmp */
	uint8_t selfcheck; /* 1: run /sbin/selfcheck once every service is started */
	struct config_log log;
	struct config_crash crash;
	struct config_outbox outbox;
	struct config_health health;
	struct config_watchdog watchdog;
	struct config_reason reason;
	struct config_kexec kexec;
	struct config_net net;
	uint16_t module_count;
	uint8_t lock_modules; /* 1: none can be loaded after those */
	struct config_mount mounts[CONFIG_MOUNTS];
	uint16_t mount_count;
	struct config_seed seed;
	struct config_service *services; /* CONFIG_SERVICES of them, the caller's; in
					    start order */
	uint16_t service_count;
	/* In load order. The last one, since decoding leaves what is behind the count. */
	struct config_module modules[CONFIG_MODULES];
};

/* Encodes into *data, which the caller frees; 0 or -errno. */
int config_encode(
	const struct config *config, uint8_t **data, size_t *size, struct error *e);

/*
 * Decodes; config->services must point to room for CONFIG_SERVICES. Allocates nothing. 0,
 * -EBADMSG (damaged), -EPROTO (another layout version), -E2BIG (too many of something).
 */
int config_decode(struct config *config, const void *data, size_t size, struct error *e);

/* Letters, digits, "+_.-", 1 to 64 of them: names become cgroup folders and messages. */
bool config_is_name(const char *name);

#endif
