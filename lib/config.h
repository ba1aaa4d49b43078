/* SPDX-License-Identifier: ISC */
#ifndef LIB_CONFIG_H
#define LIB_CONFIG_H

#include <stddef.h>
#include <stdint.h>

struct error;

/*
 * What the builder compiles from board.ini and the services for pid1: checked, ordered,
 * complete. In the image at CONFIG_PATH. Layout (little-endian, lib/wire.h): magic
 * "INGOTCFG", u32 layout version, u32 payload size, u64 XXH64 of the payload with seed 0,
 * payload. Strings point into the decoded bytes, which must outlive the struct.
 */
#define CONFIG_PATH	 "/ingot/config"
#define FILES_PATH	 "/ingot/files"
#define CONTENT_ID_PATH	 "/ingot/content-id"
#define CONFIG_VERSION	 1
#define CONFIG_SERVICES	 256 /* at most */
#define CONFIG_MODULES	 256
#define CONFIG_ARGUMENTS 64

enum service_type { SERVICE_SIMPLE, SERVICE_ONESHOT };
enum service_restart { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS };

struct config_service {
	const char *name;
	const char *description;
	const char *
		arguments[CONFIG_ARGUMENTS + 1]; /* NULL-ended; [0] is an absolute path */
	enum service_type type;
	enum service_restart restart;
	uint64_t restart_ms; /* RestartSec= */
	uint64_t memory_max; /* bytes; UINT64_MAX: no limit */
	uint64_t tasks_max; /* UINT64_MAX: no limit */
	uint32_t uid, gid;
	const char *tty; /* TTYPath=, "" for none: stdin, stdout, stderr and controlling
			    tty */
	uint16_t after[CONFIG_SERVICES]; /* indexes into services, all smaller than its
					    own */
	size_t after_count;
};

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
	struct config_module modules[CONFIG_MODULES]; /* in load order */
	size_t module_count;
	struct config_service
		*services; /* CONFIG_SERVICES of them, the caller's; in start order */
	size_t service_count;
};

/* Encodes into *data, which the caller frees; 0 or -errno. */
int config_encode(
	const struct config *config, uint8_t **data, size_t *size, struct error *e);

/*
 * Decodes; config->services must point to room for CONFIG_SERVICES. Allocates nothing.
 * 0, -EBADMSG (damaged), -EPROTO (another layout version), -E2BIG (too many of
 * something).
 */
int config_decode(struct config *config, const void *data, size_t size, struct error *e);

#endif
