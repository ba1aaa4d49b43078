/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_SOURCE_H
#define ROLLBACK_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/release.h"
#include "lib/tail.h"

struct error;
struct trust;

/* Where an update file's bytes come from, in order. */
struct source {
	const char *name; /* for messages */
	/* Exactly size bytes; 0, -ENODATA at an early end, or -errno. */
	int (*pull)(struct source *source, void *data, size_t size);
	/* Leaves out so many; the same. */
	int (*skip)(struct source *source, uint64_t size);
	/* 1 if there is one byte more, 0 at the end, -errno. */
	int (*more)(struct source *source);
};

/* What came of a call above, as device.h has it, with e. */
int source_error(const struct source *source, int r, struct error *e);

/*
 * The signed release, which comes first, so that what follows is known and bounded; *tail
 * gets its bytes. 0 or -errno as device.h has it, with e.
 */
int source_release(struct source *source, const struct trust *trust, struct tail *tail,
	struct release *release, struct error *e);

/* -EPERM with e if there is something behind the image. */
int source_end(struct source *source, struct error *e);

#endif
