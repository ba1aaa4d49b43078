/* SPDX-License-Identifier: ISC */
#ifndef BUILDER_JOBSERVER_H
#define BUILDER_JOBSERVER_H

/* GNU make's jobserver (make manual, "POSIX Jobserver"): one token pool for all nested
 * makes. */
void jobserver_open(unsigned jobs); /* once, before jobs are forked: jobs - 1 tokens */
int jobserver_read_fd(void); /* -1 if none */
int jobserver_write_fd(void);
/* For a node's own share: it starts only with a token, and gives it back. 1 taken, 0 none
 * now. */
int jobserver_take(void);
void jobserver_give(void);
/* All tokens are there again: for when no job runs, but some were killed holding tokens.
 */
void jobserver_refill(void);

#endif
