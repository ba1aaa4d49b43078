/* SPDX-License-Identifier: ISC */
#ifndef LIB_CONFIG_SERVICE_H
#define LIB_CONFIG_SERVICE_H

#include <stddef.h>
#include <stdint.h>

struct codec;

/* One service as the builder compiles it for pid1; service(5). */
#define CONFIG_SERVICES	 256 /* at most */
#define CONFIG_ARGUMENTS 64
#define CONFIG_RELATIONS 64 /* names in one After= */

enum service_type { SERVICE_SIMPLE, SERVICE_ONESHOT, SERVICE_TYPES };
enum service_restart { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS, SERVICE_RESTARTS };

/* Other services, as indexes into the config's. */
struct config_relation {
	uint16_t index[CONFIG_RELATIONS];
	uint16_t count;
};

/* What its cgroup allows; UINT64_MAX: no limit. */
struct config_limits {
	uint64_t memory_max; /* bytes */
	uint64_t tasks_max;
};

/* What it runs as. */
struct config_isolation {
	uint32_t uid, gid;
};

struct config_service {
	const char *name;
	const char *description;
	const char *arguments[CONFIG_ARGUMENTS + 1]; /* NULL-ended; [0] is an absolute
							path */
	uint8_t type; /* enum service_type */
	uint8_t restart; /* enum service_restart */
	uint64_t restart_ms; /* RestartSec= */
	const char *tty; /* TTYPath=, "" for none: standard descriptors and controlling
			    terminal */
	struct config_relation after; /* all smaller than its own index */
	struct config_limits limits;
	struct config_isolation isolation;
};

/* Writes or reads one; lib/codec.h. */
void config_service_visit(struct codec *c, struct config_service *service);

/* What pid1 counts on in the service at this index: what is wrong, or NULL. */
const char *config_service_fault(const struct config_service *service, size_t index);

#endif
