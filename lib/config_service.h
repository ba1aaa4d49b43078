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

enum service_slice { SLICE_SERVICES, SLICE_CRITICAL, SLICE_SPECULATIVE, SERVICE_SLICES };

/* What it may use of the machine. All bytes zero but for the two with an infinity: as the
 * kernel has it. */
struct config_limits {
	uint64_t memory_min, memory_high; /* bytes; 0: not set */
	uint64_t memory_max; /* bytes; UINT64_MAX: no limit */
	uint64_t tasks_max; /* UINT64_MAX: no limit */
	uint32_t cpu_quota_us; /* of each 100 ms, all processors together; 0: no limit */
	uint16_t cpu_weight, io_weight; /* 1 to 10000; 0: not set */
	const char *cpus; /* AllowedCPUs= as cpuset.cpus takes it; "" or NULL: all */
	uint8_t slice; /* enum service_slice */
	uint8_t policy, priority; /* sched(7): SCHED_OTHER 0, SCHED_FIFO, SCHED_RR ... */
	int16_t nice, oom_score_adjust;
	uint64_t files; /* RLIMIT_NOFILE; 0: as pid1 has it */
	uint64_t core; /* RLIMIT_CORE, bytes; UINT64_MAX: no limit */
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
