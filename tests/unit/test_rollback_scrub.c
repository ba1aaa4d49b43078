/* SPDX-License-Identifier: ISC */
/* What looks for rot makes none: not even of the block that it was writing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "rollback/scrub.h"
#include "rollback/verify.h"
#include "tests/fault/walk.h"

static struct walk walk;
static struct error e;
static unsigned writes;

static int
set_up(void **state)
{
	(void)state;
	walk_init(&walk);
	writes = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	walk_free(&walk);
	return 0;
}

/* A cut in a write, by a medium whose sectors are larger than it says: nothing that was in
 * these blocks is left. */
static int
ruin(struct block *block, uint64_t at, const void *data, size_t size)
{
	struct sim_device *device = (struct sim_device *)block;

	(void)data;
	writes++;
	memset(device->medium + at, 0xff, size);
	memset(device->view + at, 0xff, size);
	return -EIO;
}

static void
test_scrub_cut_in_its_sum_leaves_the_slot_whole(void **state)
{
	struct block *block = walk.device.slot[0];
	int (*write)(struct block *, uint64_t, const void *, size_t) = block->write;
	enum scrub_result result;
	struct release release;

	(void)state;
	block->write = ruin;
	assert_int_equal(scrub_settle(&walk.device, 0, &e), -EIO);
	assert_int_equal(writes, 1);
	block->write = write;
	assert_int_equal(verify_slot(&walk.device, 0, &release, &e), 0);
	assert_int_equal(scrub_look(&walk.device, 0, 0, &result, &e), 0);
	assert_int_equal(result, SCRUB_NO_SUM);
	assert_int_equal(scrub_settle(&walk.device, 0, &e), 0);
	assert_int_equal(scrub_look(&walk.device, 0, 0, &result, &e), 0);
	assert_int_equal(result, SCRUB_WHOLE);
}

static void
test_scrub_sum_of_other_bytes_differs(void **state)
{
	enum scrub_result result;

	(void)state;
	assert_int_equal(scrub_settle(&walk.device, 0, &e), 0);
	walk.sim.device[0].medium[30000] ^= 1;
	assert_int_equal(scrub_look(&walk.device, 0, 0, &result, &e), 0);
	assert_int_equal(result, SCRUB_DIFFERS);
	assert_int_equal(scrub_settle(&walk.device, 0, &e), -EBADMSG);
	walk.sim.device[0].medium[30000] ^= 1;
	assert_int_equal(scrub_look(&walk.device, 0, 0, &result, &e), 0);
	assert_int_equal(result, SCRUB_WHOLE);
}

/* The sum is no first block of an image: what was in the slot is not gone on with. */
static void
test_scrub_sum_is_in_no_installs_way(void **state)
{
	const char *why;
	struct release release;

	(void)state;
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	assert_int_equal(scrub_settle(&walk.device, 1, &e), 0);
	assert_int_equal(device_step(&walk.device,
				 &(struct slot_input){.event = SLOT_LOST, .slot = 1}, &e),
		0);
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	assert_int_equal(verify_slot(&walk.device, 1, &release, &e), 0);
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_scrub_cut_in_its_sum_leaves_the_slot_whole),
		TEST(test_scrub_sum_of_other_bytes_differs),
		TEST(test_scrub_sum_is_in_no_installs_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
