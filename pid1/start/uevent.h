/* SPDX-License-Identifier: ISC */
#ifndef PID1_UEVENT_H
#define PID1_UEVENT_H

#include <stdbool.h>

/* The kernel's news of devices, netlink(7) NETLINK_KOBJECT_UEVENT: taken as a hint to look
 * at /dev, where devtmpfs has what is there. A descriptor to be polled, or -errno. */
int uevent_open(void);

/* Takes what has come in; true if some of it is about block devices, or was lost. */
bool uevent_read(int fd);

#endif
