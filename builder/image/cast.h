/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_CAST_H
#define BUILDER_CAST_H

struct board;
struct error;
struct kit;

/*
 * Puts the cpio (a file not larger than the cavity) and the board's command line into a
 * copy of the kit's payload and runs the kit's `cast` on it in the sandbox, in a new
 * folder `cast` below `work`, which stays the caller's to remove. The image appears as
 * `image` (a path), whole or not at all. 0, or -errno with e; what the script said is in
 * log_fd.
 */
int cast_image(const struct kit *kit, const struct board *board, const char *cpio,
	const char *work, const char *image, int log_fd, struct error *e);

/* The first half: the payload with the cpio and the command line ("" for none), as a new
 * file. */
int cast_payload(const struct kit *kit, const char *cmdline, const char *cpio,
	const char *payload, struct error *e);

#endif
