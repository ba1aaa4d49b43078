/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_PROCESS_H
#define BUILDER_PROCESS_H

#include <stddef.h>

struct error;

/*
 * Runs argv (NULL-ended, found by PATH) and waits. Its stdin is /dev/null, its stdout
 * goes to out_fd and its stderr to err_fd (-1: the caller's own). env NULL: the caller's
 * environment. Returns its exit status 0..255, 128 + signal, or -errno if it could not be
 * started.
 */
int process_run(const char *const *argv, const char *const *env, int out_fd, int err_fd,
	struct error *e);

/*
 * The same, with its stdout collected into *text (caller frees, NUL-ended), at most max
 * bytes
 * (-EFBIG above).
 */
int process_capture(
	const char *const *argv, size_t max, char **text, size_t *size, struct error *e);

#endif
