/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_MACHINE_DISK_H
#define BUILDER_MACHINE_DISK_H

struct board;
struct strlist;

/*
 * What a machine starts with that has the disk of a board with [slots]: QEMU's arguments
 * for a copy of what `ingot disk` made, which keeps what the machine writes until the disk
 * is made anew. The path of the image that QEMU loads, the launcher's, which is the
 * caller's to free; NULL where UEFI firmware starts from the disk. Its variables are kept,
 * too, beside the copy. Dies.
 */
char *machine_disk_start(const struct board *board, struct strlist *arguments);

#endif
