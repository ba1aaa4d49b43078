/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_QEMU_H
#define BUILDER_QEMU_H

#include <sys/types.h>

struct board;
struct strlist;

/*
 * The command line that boots `image` (NULL: what its firmware finds) on the board's QEMU
 * machine, its serial port on stdin and stdout, no display, no monitor. Dies if the board has no [qemu] or QEMU is
 * not installed.
 */
void qemu_arguments(
	const struct board *board, const char *image, struct strlist *arguments);

/* A machine whose serial port is the pair of pipes. */
struct qemu {
	pid_t pid; /* 0 once it has been stopped */
	int to_guest, from_guest;
	int control; /* QMP, the machine's buttons (qemu-qmp-ref(7)) */
};

/* Starts the machine; what QEMU itself says goes into the file log. Dies. */
void qemu_start(struct qemu *qemu, const struct board *board, const char *image,
	const struct strlist *extra, const char *log);

/* Presses the reset button; 0 or -errno. */
int qemu_reset(const struct qemu *qemu);

/* Ends it if it still runs and cleans up. */
void qemu_stop(struct qemu *qemu);

#endif
