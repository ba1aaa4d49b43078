/* SPDX-License-Identifier: ISC */
#ifndef PID1_VOLUME_H
#define PID1_VOLUME_H

#include <stddef.h>

struct config_mount;
struct config_service;

#define VOLUME_FSCK "/sbin/e2fsck"

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

/* The program that checks it, as a service: its second argument is how. The name and the
 * mount's strings are pointed to. */
void volume_check(
	const struct config_mount *mount, const char *name, struct config_service *check);

/* mount(2); 0 or errno. */
int volume_mount(const struct config_mount *mount);

/* Lets the weights of cgroups (IOWeight=) count on its disk, where the kernel can: they do
 * not before (Documentation/admin-guide/cgroup-v2.rst, io.cost.qos). It may wait for the disk. */
void volume_weigh(const char *device);

/*
 * The name of the check of what is mounted on path, as config_is_name() wants it: into
 * names[index], and none of those before it, since it is also that of a cgroup, which two
 * checks must not share. "fsck-data". Pure.
 */
#define VOLUME_NAME 64 /* bytes, with the NUL */
void volume_check_name(char names[][VOLUME_NAME], size_t index, const char *path);

/* For messages: why a volume could not be used. */
const char *volume_reason(int status);

#endif
