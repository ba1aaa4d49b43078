/* SPDX-License-Identifier: ISC */
#ifndef PID1_CONTROL_FORMAT_H
#define PID1_CONTROL_FORMAT_H

#include <stddef.h>
#include <stdint.h>

/*
 * What svc(8) and pid1 say to each other: one message of a SOCK_SEQPACKET socket each,
 * in the encoding of lib/wire.h. svc sends one request; pid1 answers with records, the
 * last of which is a REPLY_END.
 */
#define CONTROL_PATH	"/run/pid1/control"
#define CONTROL_MESSAGE 2048 /* bytes, at most */
#define CONTROL_NAME	64

enum control_verb {
	CONTROL_STATUS,
	CONTROL_START,
	CONTROL_STOP,
	CONTROL_RESTART,
	CONTROL_LOG,
	CONTROL_TIMELINE,
	CONTROL_REBOOT,
	CONTROL_POWEROFF,
	CONTROL_KEXEC,
	CONTROL_VERBS
};

struct control_request {
	uint8_t verb; /* enum control_verb */
	uint8_t follow; /* LOG: go on as lines come */
	const char *name; /* a service; KEXEC: a slot; "": all */
};

enum reply_kind {
	REPLY_END,
	REPLY_DEVICE,
	REPLY_MOUNT,
	REPLY_LINK,
	REPLY_SERVICE,
	REPLY_LINE,
	REPLY_STEP,
	REPLY_KINDS
};

/* REPLY_END: how it ended. */
struct reply_end {
	int32_t error; /* 0, or an errno */
	const char *message; /* why not, for people; "" if it went well */
};

/* REPLY_DEVICE: first in a status. */
struct reply_device {
	const char *board;
	const char *content_id;
	const char *health; /* "trial", "healthy", "unhealthy" */
	const char *health_why; /* what it is waiting for, or failed by; "" for nothing */
	const char *last_boot; /* how the one before this ended; "" if nobody knows */
	const char *watchdog; /* its device and timeout, "none", or what is wrong */
	uint64_t uptime_ms;
	uint8_t modules_locked;
};

/* REPLY_MOUNT: one that the board declares. */
struct reply_mount {
	const char *path;
	const char *device;
	const char *type; /* of file system */
	const char *state; /* "waiting" to "up", "failed" */
	const char *why; /* it has failed, "" if it has not */
	uint8_t read_only; /* as the kernel has it; if it is not up, as the board says */
};

/* REPLY_LINK: one that the board declares. */
struct reply_link {
	const char *name;
	const char *why; /* it is not up, "" if it is */
	const char *addresses; /* that it has now, a blank between two */
	uint8_t present, up, carrier;
};

/* REPLY_SERVICE: one of a status. */
struct reply_service {
	const char *name;
	const char *state; /* as service(5) names it */
	const char *slice;
	const char *said; /* its own STATUS=, "" for none */
	const char *result; /* how its last main process ended, "" if none has */
	const char *lacks; /* isolation that this kernel cannot give, "" if none */
	uint32_t pid; /* 0: none */
	uint32_t restarts;
	uint64_t since_ms; /* monotonic, when it came into this state */
	uint64_t memory; /* bytes in its cgroup now; UINT64_MAX: not known */
	uint64_t tasks; /* the same for its processes and threads */
	uint8_t critical;
};

/* REPLY_LINE: one of a log. */
struct reply_line {
	uint64_t time_us; /* monotonic */
	uint8_t priority; /* RFC 5424, 6.2.1 */
	const char *source; /* a service, "pid1" or "kernel" */
	const char *text;
	uint32_t dropped; /* lines lost just before this one */
};

/* REPLY_STEP: one of a timeline. */
struct reply_step {
	uint64_t time_us; /* monotonic, from the kernel's start */
	const char *what; /* "start", "modules", "service" */
	const char *name; /* which one, "" for none */
	const char *event; /* "begin", "end", "started", "ready" */
};

struct control_reply {
	enum reply_kind kind;
	union {
		struct reply_end end;
		struct reply_device device;
		struct reply_mount mount;
		struct reply_link link;
		struct reply_service service;
		struct reply_line line;
		struct reply_step step;
	};
};

/* Each writes one message: its size, or 0 if it does not fit. */
size_t control_put_request(
	uint8_t message[CONTROL_MESSAGE], const struct control_request *request);
size_t control_put_reply(
	uint8_t message[CONTROL_MESSAGE], const struct control_reply *reply);

/* Strings point into the message. 0, or -EBADMSG. */
int control_get_request(
	const void *message, size_t size, struct control_request *request);
int control_get_reply(const void *message, size_t size, struct control_reply *reply);

#endif
