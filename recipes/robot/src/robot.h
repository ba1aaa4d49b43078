/* SPDX-License-Identifier: ISC */
#ifndef ROBOT_H
#define ROBOT_H

#include <stdint.h>

/* Where the sensor's readings and the planner's goals are taken in. */
#define ROBOT_SOCKET "/run/robot/control"

/* One datagram to the control loop. */
struct robot_message {
	char from; /* 's': a reading, 'p': a goal */
	int32_t value;
};

/* Tells pid1, as sd_notify(3) does: "READY=1", "WATCHDOG=1", "STATUS=...". Without
 * NOTIFY_SOCKET nothing happens. */
void robot_notify(const char *state);

/* A bound (path not NULL) or unbound datagram socket; ends the program on failure. */
int robot_socket(const char *path);

/* To the control loop, which may not be there just now. */
void robot_send(int fd, struct robot_message message);

/* The monotonic clock in nanoseconds. */
int64_t robot_now(void);

/* Sleeps until then. */
void robot_sleep_until(int64_t then);

/* Says why and ends. */
_Noreturn void robot_fail(const char *what);

#endif
