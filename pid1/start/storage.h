/* SPDX-License-Identifier: ISC */
#ifndef PID1_STORAGE_H
#define PID1_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct config;

/*
 * The board's mounts: each waits for its device, is looked at, checked and mounted while
 * the boot goes on. What touches the disk is a child with a deadline. A device that comes
 * later than it should is mounted then.
 */
enum storage_state {
	STORAGE_WAITING, /* for the device */
	STORAGE_PROBING,
	STORAGE_CHECKING,
	STORAGE_MOUNTING,
	STORAGE_SEEDING, /* mounted; the random seed on it is being used */
	STORAGE_UP,
	STORAGE_FAILED,
};

/* Once, with the services' supervision running; watch() is told of the descriptor that
 * says when a device appears. */
void storage_init(const struct config *config, void (*watch)(int fd));

/* That descriptor has something. */
void storage_ready(void);

void storage_advance(uint64_t now_ms);

/* When storage_advance() has something to do; UINT64_MAX: never. */
uint64_t storage_deadline(void);

/* True if this child was one of storage's. */
bool storage_reaped(pid_t pid, bool killed, int value);

/* Why the device must restart: a mount that it cannot do without failed. NULL: it need
 * not. */
const char *storage_fault(void);

/* Nothing more is begun. */
void storage_stop(void);

/* At the end, in a child, with all services gone: writes what the next boot starts from. */
void storage_last(void);

/* One mount, for people; false behind the last one. */
struct storage_status {
	const char *path, *device, *type;
	const char *why; /* of its failure, "" for none */
	enum storage_state state;
	bool read_only; /* as the board says */
};
bool storage_status(size_t index, struct storage_status *status);
const char *storage_state_name(enum storage_state state);

#endif
