/* SPDX-License-Identifier: ISC */
/* Installs on media that fail: errors are told, nothing is lost, and the next try goes on. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/tail.h"
#include "tests/fault/walk.h"

static struct walk walk;

static int
set_up(void **state)
{
	(void)state;
	walk_init(&walk);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	walk_free(&walk);
	return 0;
}

static void
boot(void)
{
	const char *wrong = walk_boot(&walk, false);

	if (wrong)
		fail_msg("%s", wrong);
	assert_int_equal(walk.running, 0);
}

static uint64_t
ticks_of_an_install(void)
{
	const char *why;
	uint64_t from = walk.sim.tick;

	assert_int_equal(walk_install(&walk, 2, &why), 0);
	return walk.sim.tick - from;
}

/* EIO and ENOSPC at each write, flush and read-back of an install, the power staying on. */
static void
test_install_every_failing_call_is_told_and_mended_by_the_next_try(void **state)
{
	static struct walk other;
	uint64_t ticks, failed = 0, unwritten = 0;
	const char *why;

	(void)state;
	ticks = ticks_of_an_install();
	for (uint64_t tick = 0; tick < ticks; tick++) {
		int r;

		walk_init(&other);
		walk_free(&walk);
		walk = other;
		for (unsigned i = 0; i < walk.sim.devices; i++)
			walk.sim.device[i].sim = &walk.sim;
		for (unsigned i = 0; i < SLOT_COUNT; i++)
			walk.device.slot[i] = &walk.sim.device[i].block;
		boot();
		walk.sim.fail_at = walk.sim.tick + tick;
		walk.sim.fail_with = tick % 2 ? -EIO : -ENOSPC;
		r = walk_install(&walk, 2, &why);
		/* An entry of the history: the install itself is good. */
		unwritten += r == 0 && walk.device.unwritten.text[0];
		if (r < 0) {
			failed++;
			assert_int_equal(r, walk.sim.fail_with);
			assert_non_null(strstr(why, strerror(-r)));
		}
		boot();
		assert_int_equal(walk_install(&walk, 2, &why), 0);
		assert_int_equal(walk.device.state.slots.slot[1].state, SLOT_STAGED);
		boot();
	}
	/* A read of the stored release that fails is the one kind that costs nothing. */
	assert_true(failed + unwritten + 4 >= ticks && unwritten > 0);
}

/* Where a medium keeps something else than it acknowledges, at its n-th flush of those of an
 * install: of what was there, of the release, of the image, of the first block. */
static struct {
	uint64_t at;
	unsigned flush, flushes;
} lie;

static int
flush_wrong(struct block *block)
{
	struct sim_device *device = (struct sim_device *)block;

	memcpy(device->medium, device->view, block->size);
	if (++lie.flushes == lie.flush)
		device->medium[lie.at] ^= 1;
	return 0;
}

static void
test_install_medium_that_lies_is_found_by_reading_back(void **state)
{
	struct block *block = &walk.sim.device[1].block;
	int (*honest)(struct block *) = block->flush;
	const struct {
		uint64_t at;
		unsigned flush;
	} lies[] = {{40000, 3}, {69000, 3}, {0, 3}, {BLOCK_ALIGN - 1, 3},
		{tail_room(block) + BLOCK_ALIGN, 3}, {0, 4}, {BLOCK_ALIGN - 1, 4}};
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		boot();
		lie.at = lies[i].at;
		lie.flush = lies[i].flush;
		lie.flushes = 0;
		block->flush = flush_wrong;
		assert_int_equal(walk_install(&walk, 2, &why), -EIO);
		assert_string_equal(
			why, "b: reads back other bytes than were written, from 0");
		assert_int_equal(walk.device.state.slots.slot[1].state, SLOT_WRITING);
		/* The next one begins anew. */
		memset(walk.sim.device[1].view, 0, (size_t)block->size);
		memset(walk.sim.device[1].medium, 0, (size_t)block->size);
		block->flush = honest;
		sim_power_on(&walk.sim);
	}
	boot();
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	boot();
}

static void
test_install_of_a_refused_or_open_image_touches_nothing(void **state)
{
	uint64_t tick;
	const char *why;

	(void)state;
	boot();
	while (walk.goal < 2)
		assert_true(walk_step(&walk));
	tick = walk.sim.tick;
	assert_int_equal(walk_install(&walk, 3, &why), -EPERM);
	assert_string_equal(why, "this image is known to be bad");
	assert_int_equal(walk_install(&walk, 1, &why), -EPERM);
	assert_string_equal(why, "this image is older than the default: --older insists");
	while (walk.device.state.slots.slot[walk.running ^ 1].state != SLOT_TRYING) {
		assert_true(walk_step(&walk));
		tick = walk.sim.tick;
	}
	assert_int_equal(walk_install(&walk, 5, &why), -EBUSY);
	assert_non_null(strstr(why, "has to wait for the trial's verdict"));
	/* Reads of the medium tick, too; no sector was written since the last flush. */
	assert_int_equal(walk.sim.pending_count, 0);
	assert_true(walk.sim.tick - tick < 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_install_every_failing_call_is_told_and_mended_by_the_next_try,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_install_medium_that_lies_is_found_by_reading_back, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_install_of_a_refused_or_open_image_touches_nothing, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
