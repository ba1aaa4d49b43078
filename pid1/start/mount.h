/* SPDX-License-Identifier: ISC */
#ifndef PID1_MOUNT_H
#define PID1_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Makes the unpacked root a mount that can be pivoted away from: the kernel refuses
 * pivot_root(2) from its first root (EINVAL). Nothing is copied. First of all calls.
 */
void mount_reroot(void);

/* /proc /sys /dev /dev/pts /sys/fs/cgroup; a failure is logged and lived with. */
void mount_system(void);

/* tmpfs on /run and /tmp, at most so many bytes each (0: 16 MiB). */
void mount_scratch(uint64_t run_size, uint64_t tmp_size);

/* The root: read-only, no setuid, no devices. */
void mount_read_only(void);

/* True if what is mounted there can only be read: asks the kernel, and no disk. */
bool mount_is_read_only(const char *path);

/* For the end: unmounts what services mounted, makes the rest read-only. Runs in a child.
 */
void mount_release(void);

#endif
