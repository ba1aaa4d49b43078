/* SPDX-License-Identifier: ISC */
#ifndef PID1_PRIVILEGE_H
#define PID1_PRIVILEGE_H

#include <stdint.h>

struct config_isolation;

/*
 * In the child, which is root: turns into the service's user with its groups and no more
 * capabilities than it may have. lacks: bits of enum isolate_lack to do without. proc_fd:
 * /proc/self, opened before the root was left. 0 or -errno.
 */
int privilege_drop(const struct config_isolation *isolation, unsigned lacks, int proc_fd);

/* From here on only the system calls that its filter allows. 0 or -errno. */
int privilege_filter(const struct config_isolation *isolation);

/* Pure: the capabilities that are taken out of its bounding set. */
uint64_t privilege_dropped(const struct config_isolation *isolation);

#endif
