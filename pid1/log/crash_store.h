/* SPDX-License-Identifier: ISC */
#ifndef PID1_CRASH_STORE_H
#define PID1_CRASH_STORE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A folder of files NNNNNNNN.SERVICE.KIND, numbered on from the highest that is there, so
 * that their order needs no clock. It never holds more than so many files and bytes: the
 * oldest goes first. A file is there as a whole or not at all, also after a power cut.
 * Every call may wait for the disk: these are for a process of their own.
 */
struct crash_store {
	int folder_fd, fd; /* of the file that is being written */
	uint64_t number;
	uint64_t most_bytes; /* of all files */
	size_t most_files;
	uint64_t written;
	char temporary[96], name[96];
};

/* Makes the folder (not those above it) and begins a file of this kind, "report" or
 * "core"; one writer a kind. 0 or -errno. */
int crash_store_begin(struct crash_store *store, const char *folder, size_t most_files,
	uint64_t most_bytes, const char *service, const char *kind);

/* Adds to it; makes room where it lacks. 0, -EFBIG above all the store's bytes, or
 * -errno. */
int crash_store_write(struct crash_store *store, const void *data, size_t size);

/* Brings it to the disk under its name; 0 or -errno. */
int crash_store_commit(struct crash_store *store);

/* Leaves nothing of it. */
void crash_store_abandon(struct crash_store *store);

#endif
