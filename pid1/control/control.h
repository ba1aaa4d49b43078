/* SPDX-License-Identifier: ISC */
#ifndef PID1_CONTROL_H
#define PID1_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;

/*
 * The socket that svc(8) talks to. The kernel says who has connected (SO_PEERCRED,
 * unix(7)): user 0 may do everything, anyone else who was given the socket may look. A
 * client that does not read makes way for the next one, and nothing here waits.
 */
#define CONTROL_CLIENTS 8

/* Makes the socket. watch() is told of it with CONTROL_CLIENTS, and of each client with
 * its index, to be polled for input; want_room() says that one is to be polled for room to
 * write as well, or no longer. */
void control_init(const struct config *config, void (*watch)(int fd, size_t index),
	void (*want_room)(int fd, size_t index, bool room));

/* A watched descriptor has something. */
void control_ready(size_t index);

/* Goes on with the answers that are under way; true if there is more to send at once. */
bool control_advance(void);

#endif
