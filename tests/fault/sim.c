/* SPDX-License-Identifier: ISC */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 */

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void
settle(struct sim *sim, const struct sim_write *w)
{
	memcpy(sim->device[w->device].medium + w->sector * BLOCK_SECTOR, w->data,
		BLOCK_SECTOR);
}

/* What of the writes under way reached the media: in one cut nearly all, in another few;
 * of two to one sector either may be the last. */
static void
power_off(struct sim *sim)
{
	uint64_t odds = next_random(&sim->seed) % 9;

	for (size_t i = sim->pending_count; i > 1; i--) {
		size_t k = next_random(&sim->seed) % i;
		struct sim_write swap = sim->pending[i - 1];

		sim->pending[i - 1] = sim->pending[k];
		sim->pending[k] = swap;
	}
	for (size_t i = 0; i < sim->pending_count; i++)
		if (next_random(&sim->seed) % 8 < odds)
			settle(sim, &sim->pending[i]);
	sim->pending_count = 0;
	sim->dead = true;
}

/* One tick; -errno if it is the one that fails. */
static int
tick(struct sim *sim)
{
	if (!sim->dead && sim->tick == sim->cut_at)
		power_off(sim);
	if (sim->dead)
		return -ENXIO;
	return sim->tick++ == sim->fail_at ? sim->fail_with : 0;
}

static bool
fits(const struct block *block, uint64_t at, const void *data, size_t size)
{
	return at % BLOCK_ALIGN == 0 && size % BLOCK_ALIGN == 0 &&
	       (uintptr_t)data % BLOCK_ALIGN == 0 && at <= block->size &&
	       size <= block->size - at;
}

static int
sim_read(struct block *block, uint64_t at, void *data, size_t size)
{
	struct sim_device *device = (struct sim_device *)block;

	if (device->sim->dead)
		return -ENXIO;
	if (!fits(block, at, data, size))
		return -EINVAL;
	memcpy(data, device->view + at, size);
	return 0;
}

/* What was flushed is on the medium; what was not may be nowhere. */
static int
sim_read_back(struct block *block, uint64_t at, void *data, size_t size)
{
	struct sim_device *device = (struct sim_device *)block;
	int r;

	if (!fits(block, at, data, size))
		return -EINVAL;
	r = tick(device->sim);
	if (r == 0)
		memcpy(data, device->medium + at, size);
	return r;
}

static void
add_pending(struct sim *sim, unsigned device, uint64_t sector, const uint8_t *data)
{
	struct sim_write *w;

	if (sim->pending_count == sim->pending_room) {
		sim->pending_room = sim->pending_room * 2 + 64;
		sim->pending =
			realloc(sim->pending, sim->pending_room * sizeof(*sim->pending));
		if (!sim->pending)
			abort();
	}
	w = &sim->pending[sim->pending_count++];
	w->device = device;
	w->sector = sector;
	memcpy(w->data, data, BLOCK_SECTOR);
}

static int
sim_write(struct block *block, uint64_t at, const void *data, size_t size)
{
	struct sim_device *device = (struct sim_device *)block;
	struct sim *sim = device->sim;

	if (!fits(block, at, data, size))
		return -EINVAL;
	for (size_t done = 0; done < size; done += BLOCK_SECTOR) {
		const uint8_t *from = (const uint8_t *)data + done;
		int r = tick(sim);

		if (r < 0)
			return r;
		memcpy(device->view + at + done, from, BLOCK_SECTOR);
		add_pending(sim, (unsigned)(device - sim->device),
			(at + done) / BLOCK_SECTOR, from);
	}
	return 0;
}

static int
sim_flush(struct block *block)
{
	struct sim_device *device = (struct sim_device *)block;
	struct sim *sim = device->sim;
	size_t kept = 0;
	int r = tick(sim);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sim->pending_count; i++)
		if (&sim->device[sim->pending[i].device] == device)
			settle(sim, &sim->pending[i]);
		else
			sim->pending[kept++] = sim->pending[i];
	sim->pending_count = kept;
	return tick(sim);
}

void
sim_init(struct sim *sim)
{
	memset(sim, 0, sizeof(*sim));
	sim->cut_at = sim->fail_at = SIM_NEVER;
}

void
sim_free(struct sim *sim)
{
	for (unsigned i = 0; i < sim->devices; i++) {
		free(sim->device[i].medium);
		free(sim->device[i].view);
	}
	free(sim->pending);
	sim_init(sim);
}

struct block *
sim_add(struct sim *sim, const char *name, uint64_t size)
{
	struct sim_device *device = &sim->device[sim->devices++];

	device->sim = sim;
	device->block = (struct block){
		.name = name,
		.size = size,
		.read = sim_read,
		.read_back = sim_read_back,
		.write = sim_write,
		.flush = sim_flush,
	};
	device->medium = calloc(1, size);
	device->view = calloc(1, size);
	if (!device->medium || !device->view)
		abort();
	return &device->block;
}

void
sim_copy(struct sim *to, const struct sim *from)
{
	for (unsigned i = 0; i < to->devices; i++)
		memcpy(to->device[i].medium, from->device[i].medium,
			to->device[i].block.size);
	sim_power_on(to);
}

void
sim_power_on(struct sim *sim)
{
	for (unsigned i = 0; i < sim->devices; i++)
		memcpy(sim->device[i].view, sim->device[i].medium,
			sim->device[i].block.size);
	sim->pending_count = 0;
	sim->tick = 0;
	sim->cut_at = sim->fail_at = SIM_NEVER;
	sim->dead = false;
}

void
sim_cut(struct sim *sim, uint64_t at, uint64_t seed)
{
	sim->cut_at = at;
	sim->seed = seed;
}
