/* SPDX-License-Identifier: ISC */
#ifndef PID1_PICK_H
#define PID1_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct config_outbox;

/*
 * Which file is next: of the first priority that has one the oldest, then the first by
 * name. Names that begin with a dot are still being written and are left alone, as is
 * what is no regular file, cannot be read, or was refused a while ago.
 */
#define OUTBOX_REFUSED_MS 600000 /* a refused file is tried again after it */

struct outbox_file {
	char name[256];
	size_t priority; /* index in config_outbox.priorities */
	int fd;
	uint64_t size;
	struct stat st;
};

/* How long so many bytes take at so many a second (0: no limit), in milliseconds. */
uint64_t outbox_due_ms(uint64_t bytes, uint64_t bandwidth);

/* How long a collector that failed so many times in a row is left alone: a second that
 * doubles up to 64, in milliseconds. */
uint64_t outbox_pause_ms(unsigned failures);

/* Opens the priorities' folders below `folder`; 0, or -1 with errno. */
int outbox_open(const struct config_outbox *outbox, const char *folder);

/* The next file among the priorities before `below`, opened; false: none. */
bool outbox_pick(const struct config_outbox *outbox, size_t below, uint64_t now_ms,
	struct outbox_file *file);

/* It was acknowledged: deleted, unless another took its name since. */
void outbox_done(const struct config_outbox *outbox, const struct outbox_file *file);

/* It was refused: not picked for OUTBOX_REFUSED_MS. */
void outbox_put_off(const struct outbox_file *file, uint64_t now_ms);

void outbox_close(struct outbox_file *file);

/* Until something changes in the folders, at most a minute. */
void outbox_wait(void);

#endif
