/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_ASK_H
#define UPDATER_ASK_H

#include <stddef.h>

/*
 * Requests to the installer, one a connection: a line, then what rollback is to read
 * until the sender shuts down its side; back come rollback's output and the line "exit N"
 * with its exit status. The lines:
 *
 *   root               whose signatures count
 *   roots              takes newer roots
 *   offer              judges an index
 *   install HASH AT    installs the image of that SHA-256; AT as in `rollback install --at`,
 *                      0 for a whole update file
 *   try                begins the trial of what was installed
 */
#define ASK_LINE   96 /* bytes of the longest line, with its newline */
#define ASK_ANSWER 8192 /* bytes at most, with a NUL */

/* Connects and sends the line, newline included; the descriptor, or -errno. */
int ask_open(const char *socket, const char *line);

/* Sends more; 0, or -errno (-EPIPE: rollback reads no further). */
int ask_send(int fd, const void *data, size_t size);

/* Ends the request and closes: rollback's exit status with its output in answer, without
 * "exit N"; or -errno, -EPROTO where the line was missing. */
int ask_close(int fd, char answer[ASK_ANSWER]);

/* All three at once. */
int ask(const char *socket, const char *line, const void *data, size_t size,
	char answer[ASK_ANSWER]);

#endif
