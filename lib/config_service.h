/* SPDX-License-Identifier: ISC */
#ifndef LIB_CONFIG_SERVICE_H
#define LIB_CONFIG_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "config_life.h"
#include "config_log.h"

struct codec;

/* One service as the builder compiles it for pid1; service(5). */
#define CONFIG_SERVICES	   256 /* at most */
#define CONFIG_ARGUMENTS   64
#define CONFIG_RELATIONS   64 /* names in one After= */
#define CONFIG_BINDS	   32
#define CONFIG_DEVICES	   16
#define CONFIG_GROUPS	   16
#define CONFIG_ENVIRONMENT 32
#define CONFIG_RUNTIMES	   4

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

enum config_isolate {
	ISOLATE_VIEW = 1 << 0, /* a root of its own that holds its binds and devices */
	ISOLATE_TMP = 1 << 1, /* PrivateTmp= */
	ISOLATE_NETWORK = 1 << 2, /* PrivateNetwork= */
	ISOLATE_PIDS = 1 << 3, /* PrivatePIDs= */
	ISOLATE_IPC = 1 << 4, /* PrivateIPC= */
	ISOLATE_HOSTNAME = 1 << 5, /* ProtectHostname= */
	ISOLATE_USERS = 1 << 6, /* PrivateUsers= */
	ISOLATE_PRIVILEGES = 1 << 7, /* NoNewPrivileges= */
	ISOLATE_LANDLOCK = 1 << 8, /* a ruleset over the same binds and devices */
	ISOLATE_REQUIRED = 1 << 9, /* IsolationRequired= */
	ISOLATE_ALL = (1 << 10) - 1,
	/* pid1's own helpers, never a service: keeps even what none may have. */
	ISOLATE_SYSTEM = 1 << 10,
};

/* Capabilities (bits by capabilities(7)) that no service keeps: CAP_SYS_MODULE,
 * CAP_SYS_BOOT. */
#define ISOLATE_NEVER ((uint64_t)1 << 16 | (uint64_t)1 << 22)

enum { BIND_WRITABLE = 1 << 0, BIND_OPTIONAL = 1 << 1, BIND_DEVICES = 1 << 2 };

/* A file or folder of the device that it sees, with what lies below it. */
struct config_bind {
	const char *from, *to; /* absolute */
	uint8_t flags; /* BIND_ */
};

enum { DEVICE_READ = 1 << 0, DEVICE_WRITE = 1 << 1, DEVICE_OPTIONAL = 1 << 2 };

/* A node of /dev that it gets one like. */
struct config_device {
	const char *path;
	uint8_t access; /* DEVICE_ */
};

/* What it runs as and what it sees. All zero: root without a wall around it, but for
 * ISOLATE_NEVER. */
struct config_isolation {
	uint32_t uid, gid;
	uint32_t groups[CONFIG_GROUPS]; /* beside gid */
	uint16_t group_count;
	uint32_t flags; /* ISOLATE_ */
	uint64_t dropped; /* capabilities taken out of the bounding set */
	uint64_t ambient; /* capabilities it has although it is not root */
	struct config_bind binds[CONFIG_BINDS]; /* sorted by `to` */
	uint16_t bind_count;
	struct config_device devices[CONFIG_DEVICES];
	uint16_t device_count;
	const uint8_t *filter; /* seccomp: struct sock_filter of the board's arch */
	uint32_t filter_size; /* bytes; 0: none */
	uint64_t tmp_size; /* bytes of its own /tmp */
	const char *runtime[CONFIG_RUNTIMES + 1]; /* NULL-ended: its folders in /run */
};

struct config_service {
	const char *name;
	const char *description;
	const char *arguments[CONFIG_ARGUMENTS + 1]; /* NULL-ended; [0] is an absolute
							path */
	uint8_t type; /* enum service_type */
	uint8_t restart; /* enum service_restart */
	struct config_life life;
	const char *tty; /* TTYPath=, "" for none: standard descriptors and controlling
			    terminal */
	const char *environment[CONFIG_ENVIRONMENT + 1]; /* NULL-ended, "NAME=value" */
	const char *directory; /* WorkingDirectory=; "" or NULL: / */
	struct config_relation after; /* all smaller than its own index */
	struct config_relation requires, wants, on_failure;
	uint32_t mounts; /* bits of the config's mounts that must be there */
	uint32_t mounts_wanted; /* and of those that are only waited for */
	struct config_limits limits;
	struct config_isolation isolation;
	struct config_service_log log;
};

/* Writes or reads one; lib/codec.h. */
void config_service_visit(struct codec *c, struct config_service *service);

/* What pid1 counts on in the service at this index: what is wrong, or NULL. */
const char *config_service_fault(const struct config_service *service, size_t index);

#endif
