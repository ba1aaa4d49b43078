/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_CAST_H
#define BUILDER_CAST_H

struct board;
struct error;
struct kit;

/*
 * Puts the cpio (a file not larger than the cavity) and the board's command line into the kit's
 * payload and runs the kit's `cast` in the sandbox; the image appears as `image` (a path).
 */
int cast_image(const struct kit *kit, const struct board *board, const char *cpio,
	const char *work, const char *image, int log_fd, struct error *e);

#endif
