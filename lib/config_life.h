/* SPDX-License-Identifier: ISC */
#ifndef LIB_CONFIG_LIFE_H
#define LIB_CONFIG_LIFE_H

#include <stdbool.h>
#include <stdint.h>

struct codec;

enum service_type { SERVICE_SIMPLE, SERVICE_ONESHOT, SERVICE_NOTIFY, SERVICE_TYPES };

/* As systemd.service(5), Restart=. */
enum service_restart {
	RESTART_NO,
	RESTART_ON_SUCCESS,
	RESTART_ON_FAILURE,
	RESTART_ON_ABNORMAL,
	RESTART_ON_WATCHDOG,
	RESTART_ALWAYS,
	SERVICE_RESTARTS
};

/* StartLimitAction= */
enum limit_action {
	LIMIT_NONE,
	LIMIT_REBOOT,
	LIMIT_POWEROFF,
	LIMIT_UNHEALTHY,
	LIMIT_ACTIONS
};

#define CONFIG_BURST	  32 /* the most that StartLimitBurst= may be */
#define CONFIG_WAIT_MS	  ((uint64_t)24 * 3600 * 1000) /* no single wait is longer */
#define CONFIG_NOTIFY_FD  9 /* the highest NotifyFD= */
#define CONFIG_NEVER	  UINT64_MAX
#define CONFIG_NOTIFY_DIR "/run/notify" /* a service's socket: NAME in it */

/* When a service starts, ends and starts again. Times are milliseconds. */
struct config_life {
	uint64_t restart_ms; /* RestartSec= */
	uint64_t restart_most_ms; /* RestartMaxDelaySec=: the longest back-off */
	uint64_t start_ms, stop_ms; /* TimeoutStartSec=, TimeoutStopSec= */
	uint64_t watchdog_ms; /* WatchdogSec=; 0: none */
	uint64_t limit_ms; /* StartLimitIntervalSec=; 0: no limit */
	uint8_t limit_burst; /* StartLimitBurst= */
	uint8_t limit_action; /* enum limit_action */
	uint8_t critical; /* 1: the device is unhealthy without it */
	uint8_t at_boot; /* 1: started at boot; 0: by a timer, OnFailure= or by hand */
	uint8_t notify_fd; /* NotifyFD=: a newline on it means ready; 0: by datagram */
	uint64_t timer_boot_ms; /* OnBootSec=; CONFIG_NEVER: none */
	uint64_t timer_period_ms; /* OnUnitActiveSec=; 0: none */
};

/* True if it is given a socket to say that it is ready, or alive. */
bool config_life_notifies(const struct config_life *life, uint8_t type);

/* Writes or reads one; lib/codec.h. */
void config_life_visit(struct codec *c, struct config_life *life);

/* What pid1 counts on: what is wrong, or NULL. */
const char *config_life_fault(const struct config_life *life, uint8_t type);

#endif
