/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_QEMU_H
#define BUILDER_QEMU_H

#include <sys/types.h>

struct board;
struct error;
struct strlist;

/*
 * The command line that boots `image` on the board's QEMU machine, with its serial port on
 * stdin and stdout. TCG unless $INGOT_ACCEL says otherwise (see `ingot doctor`).
 */
int qemu_arguments(const struct board *board, const char *image, struct strlist *arguments,
	struct error *e);

/* Boots the image in a child whose console is the pair of pipes; *pid, or -errno. */
int qemu_start(const struct board *board, const char *image, const struct strlist *extra,
	pid_t *pid, int *to_guest, int *from_guest, struct error *e);

#endif
