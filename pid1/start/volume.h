/* SPDX-License-Identifier: ISC */
#ifndef PID1_VOLUME_H
#define PID1_VOLUME_H

struct config_mount;

/*
 * What touches a disk, and so may wait for it for ever: for a child of pid1, whose exit
 * status these are. Errno values are all below VOLUME_OTHER.
 */
enum {
	VOLUME_OTHER = 200, /* holds something else than the board says */
	VOLUME_BLANK = 201, /* holds nothing */
	VOLUME_LOCKED = 202, /* the device cannot be written */
};

/* Looks what is on the device: 0 if what is expected, or one of the above, or errno. */
int volume_probe(const struct config_mount *mount);

/* mount(2); 0 or errno. */
int volume_mount(const struct config_mount *mount);

/* Lets the weights of cgroups (IOWeight=) count on its disk, where the kernel can: they do
 * not before (Documentation/admin-guide/cgroup-v2.rst, io.cost.qos). It may wait for the disk. */
void volume_weigh(const char *device);

/* For messages: why a volume could not be used. */
const char *volume_reason(int status);

#endif
