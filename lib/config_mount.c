/* SPDX-License-Identifier: ISC */
#include "config_mount.h"

#include <string.h>

#include "codec.h"
#include "partuuid.h"

#define MOST_MS ((uint64_t)24 * 3600 * 1000)

void
config_mount_visit(struct codec *c, struct config_mount *mount)
{
	codec_string(c, &mount->path);
	codec_string(c, &mount->device);
	codec_string(c, &mount->type);
	codec_string(c, &mount->options);
	codec_u8(c, &mount->flags);
	codec_u8(c, &mount->check);
	codec_u64(c, &mount->wait_ms);
	codec_u64(c, &mount->check_ms);
}

void
config_seed_visit(struct codec *c, struct config_seed *seed)
{
	codec_string(c, &seed->path);
	codec_u8(c, &seed->credit);
	codec_u8(c, &seed->mount);
}

static bool
begins(const char *name, const char *with, size_t size)
{
	return strncmp(name, with, size) == 0 && name[size];
}

bool
config_is_device(const char *name)
{
	return begins(name, "/dev/", 5) ||
	       begins(name, PARTUUID_PREFIX, sizeof(PARTUUID_PREFIX) - 1);
}

const char *
config_mount_fault(const struct config_mount *mount)
{
	if (mount->path[0] != '/' || mount->path[1] == '\0')
		return "no folder to mount on";
	if (!config_is_device(mount->device))
		return "no device";
	if (!mount->type[0])
		return "no type";
	if (mount->flags & ~MOUNT_FLAGS || mount->check >= MOUNT_CHECKS)
		return "unknown flag";
	if (mount->check != CHECK_NONE && strcmp(mount->type, "ext4") != 0)
		return "a check of what is not ext4";
	if (mount->wait_ms > MOST_MS || mount->check_ms > MOST_MS || mount->check_ms == 0)
		return "a wait of nothing or more than a day";
	return NULL;
}

const char *
config_seed_fault(const struct config_seed *seed, size_t count)
{
	if (seed->credit > 1)
		return "bad flag of the seed";
	if (!seed->path || !seed->path[0])
		return NULL;
	if (seed->path[0] != '/')
		return "no absolute path of the seed";
	return seed->mount < count ? NULL : "a seed on no mount";
}
