/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_DISK_H
#define BUILDER_DISK_H

#include <stddef.h>

#include "slot_image.h"

struct board;
struct release;

/* What goes into slot a. */
struct disk_release {
	const struct release *release;
	const char *text, *signatures; /* the bytes of both */
	size_t text_size, signatures_size;
	const char *image; /* path */
	const char *launcher; /* path of the system partition's; NULL: there is none */
	struct slot_image_signer signer; /* of that one */
};

/*
 * Makes the disk of a board with [slots] as the file path, which appears as a whole: a GPT
 * with slot a, which holds the image and its release, confirmed; slot b, empty; the state;
 * an empty ext4 where the board wants one; and for UEFI firmware a system partition with the
 * launcher. Equal input gives equal bytes, but for a signature of the launcher. Dies.
 */
void disk_make(
	const struct board *board, const struct disk_release *release, const char *path);

#endif
