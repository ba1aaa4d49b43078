/* SPDX-License-Identifier: ISC */
#include "board_slots.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "board.h"
#include "builder/base/xalloc.h"
#include "lib/error.h"
#include "lib/partuuid.h"

static const char *const names[SLOTS_PARTS] = {
	"slot-a", "slot-b", "state", "reason", "data", "system", "system-b"};

const char *
board_slots_name(enum slots_part part)
{
	return names[part];
}

enum slots_part
board_slots_part(const char *name)
{
	unsigned part = 0;

	while (part < SLOTS_PARTS && strcmp(names[part], name) != 0)
		part++;
	return part;
}

/* Not the image's: an update has to find what the first image found. */
static void
derive(const char *board, const char *name, char text[GPT_GUID_TEXT])
{
	static const char what[] = "ingot partition";
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	/* With the NULs, so that no two boards' texts are the same. */
	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *)what, sizeof(what));
	crypto_hash_sha256_update(&state, (const uint8_t *)board, strlen(board) + 1);
	crypto_hash_sha256_update(&state, (const uint8_t *)name, strlen(name) + 1);
	crypto_hash_sha256_final(&state, hash);
	/* RFC 9562, version 8; on the medium the version's byte is the eighth. */
	hash[7] = (uint8_t)((hash[7] & 0x0f) | 0x80);
	hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
	gpt_guid_text(hash, text);
}

void
board_slots_guid(
	const struct board_slots *slots, enum slots_part part, char text[GPT_GUID_TEXT])
{
	uint8_t guid[GPT_GUID];

	if (slots->part[part] && partuuid_parse(slots->part[part], guid))
		gpt_guid_text(guid, text);
	else
		derive(slots->board, names[part], text);
}

char *
board_slots_device(const struct board_slots *slots, enum slots_part part)
{
	char text[GPT_GUID_TEXT];

	board_slots_guid(slots, part, text);
	return xasprintf(PARTUUID_PREFIX "%s", text);
}

/* The device of that name for a board's own image; NULL: it has none. */
static char *
find_device(const struct board_slots *slots, const char *name)
{
	enum slots_part part = board_slots_part(name);

	return slots->launches || part == SLOTS_PARTS ? NULL : slots->part[part];
}

static int
link_service(struct service *service, const struct board_slots *slots, struct error *e)
{
	struct config_isolation *isolation = &service->isolation;
	uint16_t kept = 0;

	for (uint16_t i = 0; i < isolation->device_count; i++) {
		struct config_device *device = &isolation->devices[i];

		if (board_slots_part(device->path) < SLOTS_PARTS) {
			const char *path = find_device(slots, device->path);

			if (!path && device->access & DEVICE_OPTIONAL)
				continue;
			if (!path)
				return error_set(e, EINVAL,
					"%s: DeviceAllow: %s: the board's [slots] have no such partition",
					service->file, device->path);
			device->path = path;
		}
		isolation->devices[kept++] = *device;
	}
	isolation->device_count = kept;
	return 0;
}

int
board_slots_link(struct board *board, struct error *e)
{
	struct board_mounts *mounts = &board->mounts;
	int r = 0;

	for (size_t i = 0; i < mounts->count; i++) {
		struct config_mount *mount = &mounts->mount[i];
		const char *path = find_device(&board->slots, mount->device);

		if (board_slots_part(mount->device) == SLOTS_PARTS)
			continue;
		if (!path)
			return error_set(e, EINVAL,
				"%s: %s: want [slots] data, the size of that partition",
				mounts->origin[i], mount->path);
		mount->device = path;
	}
	for (size_t i = 0; r == 0 && i < board->service_count; i++)
		r = link_service(&board->services[i], &board->slots, e);
	return r;
}
