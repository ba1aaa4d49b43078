/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_MACHINE_DISK_H
#define BUILDER_MACHINE_DISK_H

struct board;
struct strlist;

/*
 * QEMU's arguments for the disk of a board with [slots]: a copy of what `ingot disk` made,
 * which keeps what the machine writes until the disk is made anew. Dies.
 */
void machine_disk_arguments(const struct board *board, const char *disk, const char *copy,
	struct strlist *arguments);

#endif
