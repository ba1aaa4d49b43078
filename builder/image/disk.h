/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_DISK_H
#define BUILDER_DISK_H

#include <stddef.h>

struct board;
struct release;

/* An image with its signed release. */
struct disk_signed {
	const struct release *release;
	const char *text, *signatures; /* the bytes of both */
	size_t text_size, signatures_size;
	const char *image; /* path */
};

struct disk_release {
	struct disk_signed slot; /* goes into slot a */
	const struct disk_signed
		*launcher; /* goes into both system partitions, or NULL */
};

/*
 * Makes the disk of a board with [slots] as the file path, which appears as a whole: a GPT
 * with slot a, which holds the image and its release, confirmed; slot b, empty; the state;
 * an empty ext4 where the board wants one; and for UEFI firmware two system partitions with
 * the launcher, each laid out as a slot is. Equal input gives equal bytes. Dies.
 */
void disk_make(
	const struct board *board, const struct disk_release *release, const char *path);

#endif
