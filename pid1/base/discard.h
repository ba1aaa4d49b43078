/* SPDX-License-Identifier: ISC */
#ifndef PID1_DISCARD_H
#define PID1_DISCARD_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Descriptors of others. The last close of a socket waits for its peer as long as its owner
 * has set (SO_LINGER, socket(7)), and ours is the last one where a sender has closed his.
 * So a child drops them: for a process that ends the kernel waits for no peer
 * (inet_release() in net/ipv4/af_inet.c).
 */

/* As many as one message can bring: SCM_MAX_FD of the kernel. More would be closed by
 * recvmsg(2) itself, in our place. */
#define DISCARD_MOST 253

/* Closes at most DISCARD_MOST of them without waiting. */
void discard_fds(const int *fds, size_t count);

/* recv(2) of a packet, with MSG_DONTWAIT and MSG_TRUNC; what comes beside it is discarded. */
ssize_t discard_receive(int fd, void *data, size_t size);

#endif
