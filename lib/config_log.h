/* SPDX-License-Identifier: ISC */
#ifndef LIB_CONFIG_LOG_H
#define LIB_CONFIG_LOG_H

#include <stdint.h>

struct codec;

#define CONFIG_LOG_LEAST 4096 /* bytes of a ring */
#define CONFIG_LOG_MOST	 (16 << 20)

enum collector_protocol {
	COLLECTOR_NONE,
	COLLECTOR_UDP,
	COLLECTOR_TCP,
	COLLECTOR_PROTOCOLS
};

/* The board's [log]. */
struct config_log {
	uint8_t console; /* 1: services' lines are shown there too */
	uint64_t size, kernel_size; /* bytes of a service's ring, of the kernel's */
	uint8_t protocol; /* enum collector_protocol */
	const char *address; /* of the collector: numbers, IPv4 or IPv6; "" for none */
	uint16_t port;
	uint16_t reader; /* the service that gets the log; the number of services: none */
};

/* The board's [crash]: where reports of services that ended badly are kept. */
#define CONFIG_CRASH_LEAST 65536 /* bytes of the store */

struct config_crash {
	const char *store; /* a folder; "": they are not kept */
	uint16_t count; /* files at most */
	uint64_t size; /* bytes at most, of all files */
};

/* The board's [outbox]: files for the collector. */
#define CONFIG_PRIORITIES 16

struct config_outbox {
	const char *url; /* what they are put below; "": there is no outbox */
	uint64_t bandwidth; /* bytes a second; 0: no limit */
	const char *priorities[CONFIG_PRIORITIES + 1]; /* folders, the first goes first;
							   NULL-ended */
	uint16_t sender; /* the service that sends them; the number of services: none */
};

/* A service's part of it. */
struct config_service_log {
	uint64_t size; /* LogSize=, bytes; 0: the board's */
	uint64_t interval_ms, burst; /* LogRateLimit...=; one of them 0: no limit */
};

void config_log_visit(struct codec *c, struct config_log *log);
void config_crash_visit(struct codec *c, struct config_crash *crash);
void config_outbox_visit(struct codec *c, struct config_outbox *outbox);
void config_service_log_visit(struct codec *c, struct config_service_log *log);

/* What is wrong with it, or NULL; services is their number. */
const char *config_log_fault(const struct config_log *log, uint16_t services);
const char *config_crash_fault(const struct config_crash *crash);
const char *config_outbox_fault(const struct config_outbox *outbox, uint16_t services);
const char *config_service_log_fault(const struct config_service_log *log);

#endif
