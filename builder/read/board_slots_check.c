/* SPDX-License-Identifier: ISC */
/* What the rest of a board says of the devices of its [slots]. */
#include "board_slots.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "board.h"
#include "lib/error.h"

#define INSTALLER "/sbin/installer" /* of the recipe updater */

static bool
may_write(const struct service *service, const char *path)
{
	const struct config_isolation *isolation = &service->isolation;
	const unsigned both = DEVICE_READ | DEVICE_WRITE;

	for (size_t i = 0; i < isolation->device_count; i++)
		if (strcasecmp(isolation->devices[i].path, path) == 0 &&
			(isolation->devices[i].access & both) == both)
			return true;
	return false;
}

/* What installs for the updater gets at what it writes, or each update would fail on the
 * device; updater(8). */
static int
check_installer(
	const struct board_slots *slots, const struct service *service, struct error *e)
{
	bool view = service->isolation.flags & ISOLATE_VIEW;

	if (service->arguments.count == 0 ||
		strcmp(service->arguments.item[0], INSTALLER) != 0)
		return 0;
	if (slots->method == SLOTS_EFI && (view || service->isolation.uid != 0))
		return error_set(e, EINVAL,
			"%s: BindPaths: want \"User = root\" and \"BindPaths = /\", as in boards/pc-x86_64: with \"method = efi\" it keeps the firmware's boot entries",
			service->file);
	for (unsigned i = SLOTS_A; view && i <= SLOTS_STATE; i++)
		if (!may_write(service, slots->part[i]))
			return error_set(e, EINVAL,
				"%s: DeviceAllow: want \"%s rw\" in it, which [slots] names: put a copy with the board's devices into its services folder",
				service->file, slots->part[i]);
	return 0;
}

/* "/dev/vda" of "/dev/vda1", "/dev/nvme0n1" of "/dev/nvme0n1p1". */
static bool
is_disk_of(const char *disk, const char *part)
{
	size_t length = strlen(disk);

	if (strncmp(disk, part, length) != 0)
		return false;
	part += length;
	if (isdigit((unsigned char)disk[length - 1]) && *part++ != 'p')
		return false;
	return *part != '\0' && part[strspn(part, "0123456789")] == '\0';
}

/* A check of the file system would mend a slot to death. */
static int
check_mount(const struct board *board, size_t i, struct error *e)
{
	const struct config_mount *mount = &board->mounts.mount[i];

	for (unsigned k = 0; k < SLOTS_PARTS; k++) {
		const char *part = board->slots.part[k];

		if (part && (is_disk_of(mount->device, part) ||
				    (k != SLOTS_DATA &&
					    strcasecmp(mount->device, part) == 0)))
			return error_set(e, EINVAL,
				"%s: %s: %s is what [slots] writes: want the partition that \"data\" in [slots] makes, or another disk",
				board->mounts.origin[i], mount->path, mount->device);
	}
	return 0;
}

int
board_slots_check(const struct board *board, struct error *e)
{
	int r = 0;

	if (board->slots.method == SLOTS_NONE || board->slots.launches)
		return 0;
	for (size_t i = 0; r == 0 && i < board->service_count; i++)
		r = check_installer(&board->slots, &board->services[i], e);
	for (size_t i = 0; r == 0 && i < board->mounts.count; i++)
		r = check_mount(board, i, e);
	return r;
}
