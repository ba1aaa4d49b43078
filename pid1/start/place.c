/* SPDX-License-Identifier: ISC */
#include "place.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/config.h"
#include "lib/partuuid.h"

#define ANSWER_MS 4000 /* that a disk may take; the child has more */

static struct {
	const struct config *config;
	struct partuuid_found *found; /* one for each mount, or NULL */
} places;

void
place_init(const struct config *config)
{
	const size_t size = CONFIG_MOUNTS * sizeof(*places.found);
	void *shared;
	size_t i = 0;

	places.config = config;
	while (i < config->mount_count && !partuuid_is(config->mounts[i].device))
		i++;
	if (i == config->mount_count)
		return;
	shared = mmap(
		NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	places.found = shared == MAP_FAILED ? NULL : shared;
}

int
place_find(size_t mount)
{
	const char *device = places.config->mounts[mount].device;
	struct partuuid where = {.ms = ANSWER_MS};
	struct partuuid_found found;
	int r;

	if (!partuuid_is(device))
		return 0;
	if (!places.found)
		return ENOMEM;
	r = partuuid_find(&where, device, &found, NULL);
	places.found[mount] = found; /* none, where it is gone */
	return -r;
}

const char *
place_path(size_t mount)
{
	const char *device = places.config->mounts[mount].device;

	return partuuid_is(device) && places.found ? places.found[mount].path : device;
}

const char *
place_note(size_t mount)
{
	return places.found ? places.found[mount].note : "";
}
