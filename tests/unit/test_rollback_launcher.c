/* SPDX-License-Identifier: ISC */
/*
 * The launcher's two copies: what is taken, what is refused, and power cuts at every
 * instant of a replacement, each with a second one while it is mended.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "rollback/launcher.h"
#include "rollback/verify.h"
#include "slots.h"
#include "tests/fault/walk.h"

#define SEEDS 3 /* for each instant */

static struct walk walk; /* whose keys and updates are a launcher's here */
static struct sim sim, factory;
static struct device copies;
static struct error e;

struct memory {
	struct source source; /* the first member */
	const uint8_t *bytes;
	size_t size, at;
};

static int
pull(struct source *source, void *data, size_t size)
{
	struct memory *memory = (struct memory *)source;

	if (size > memory->size - memory->at)
		return -ENODATA;
	memcpy(data, memory->bytes + memory->at, size);
	memory->at += size;
	return 0;
}

static int
more(struct source *source)
{
	struct memory *memory = (struct memory *)source;

	return memory->at < memory->size;
}

static struct launcher_install
offer(struct memory *memory, uint64_t version)
{
	const struct walk_update *update = &walk.update[version - 1];

	*memory =
		(struct memory){.source = {.name = "update", .pull = pull, .more = more},
			.bytes = update->bytes,
			.size = update->size};
	return (struct launcher_install){.copies = &copies, .source = &memory->source};
}

static int
install(uint64_t version)
{
	struct memory memory;
	struct launcher_install in = offer(&memory, version);

	return launcher_install(&in, &e);
}

/* The version of a copy that is whole, 0 for one that is not. */
static uint64_t
version_of(uint8_t copy)
{
	static struct release release;
	struct error why;

	return verify_slot(&copies, copy, &release, &why) == 0 ? release.version : 0;
}

/* True if what the firmware reads of the copy is this version: its first sector and what
 * lies behind the first block, in which a FAT has nothing else that counts. */
static bool
reads_as(uint8_t copy, uint64_t version)
{
	const struct walk_update *update = &walk.update[version - 1];
	const uint8_t *image = update->bytes + update->size - update->release.size;
	const uint8_t *medium = sim.device[copy].medium;

	return memcmp(medium, image, BLOCK_SECTOR) == 0 &&
	       memcmp(medium + BLOCK_ALIGN, image + BLOCK_ALIGN,
		       update->release.size - BLOCK_ALIGN) == 0;
}

/* The version that the firmware starts, of the first copy that begins as a file system does;
 * 0: it is none, and that is final. */
static uint64_t
starts(void)
{
	static const uint8_t none[BLOCK_SECTOR];

	for (uint8_t i = 0; i < LAUNCHER_COPIES; i++)
		if (memcmp(sim.device[i].medium, none, BLOCK_SECTOR) != 0)
			return reads_as(i, 2) ? 2 : reads_as(i, 4) ? 4 : 0;
	return 0;
}

static void
leave_factory(void)
{
	sim_copy(&sim, &factory);
	sim_power_on(&sim);
}

static int
set_up(void **state)
{
	uint64_t size;

	(void)state;
	walk_init(&walk);
	size = walk.sim.device[0].block.size;
	sim_init(&sim);
	sim_init(&factory);
	for (uint8_t i = 0; i < LAUNCHER_COPIES; i++) {
		copies.slot[i] = sim_add(&sim, i == 0 ? "first" : "second", size);
		sim_add(&factory, "", size);
	}
	copies.trust = walk.device.trust;
	assert_int_equal(install(2), 0);
	sim_copy(&factory, &sim);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	walk_free(&walk);
	sim_free(&sim);
	sim_free(&factory);
	return 0;
}

static void
test_launcher_replaces_both_copies(void **state)
{
	struct memory memory;
	struct launcher_install in = offer(&memory, 4);

	(void)state;
	leave_factory();
	assert_true(version_of(0) == 2 && version_of(1) == 2 && starts() == 2);
	assert_int_equal(launcher_install(&in, &e), 0);
	assert_false(in.there);
	assert_true(version_of(0) == 4 && version_of(1) == 4);
	in = offer(&memory, 4);
	assert_int_equal(launcher_install(&in, &e), 0);
	assert_true(in.there);
}

static void
test_launcher_refuses_what_is_older_expired_or_changed(void **state)
{
	struct memory memory;
	struct launcher_install in;

	(void)state;
	leave_factory();
	assert_int_equal(install(4), 0);
	assert_int_equal(install(3), -EPERM);
	in = offer(&memory, 3);
	in.older = true;
	assert_int_equal(launcher_install(&in, &e), 0);
	assert_true(version_of(0) == 3 && version_of(1) == 3);
	assert_int_equal(install(5), 0);
	in = offer(&memory, 1); /* the floor of 5 is 2 */
	in.older = true;
	assert_int_equal(launcher_install(&in, &e), -EPERM);
	in = offer(&memory, 5);
	in.clock = INT64_MAX;
	assert_int_equal(launcher_install(&in, &e), -EPERM);
	copies.files = true;
	assert_int_equal(install(5), -EPERM);
	copies.files = false;
	assert_true(version_of(0) == 5 && version_of(1) == 5);
}

static void
test_launcher_a_bad_image_leaves_two_whole_copies(void **state)
{
	struct walk_update *update = &walk.update[3];

	(void)state;
	leave_factory();
	update->bytes[update->size - 1] ^= 1;
	assert_int_equal(install(4), -EBADMSG);
	update->bytes[update->size - 1] ^= 1;
	assert_true(version_of(0) == 2 && version_of(1) == 2);
	update->size--;
	assert_int_equal(install(4), -EPIPE);
	update->size++;
	assert_true(version_of(0) == 2 && version_of(1) == 2);
}

static void
test_launcher_heals_from_the_other_copy(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < LAUNCHER_COPIES; i++) {
		leave_factory();
		assert_int_equal(launcher_heal(&copies, &e), 0);
		sim.device[i].medium[5000] ^= 1;
		sim_power_on(&sim);
		assert_true(version_of(i) == 0);
		assert_int_equal(launcher_heal(&copies, &e), 1);
		assert_true(version_of(0) == 2 && version_of(1) == 2);
	}
	leave_factory();
	memset(sim.device[0].medium, 0, 8192);
	memset(sim.device[1].medium, 0, 8192);
	sim_power_on(&sim);
	assert_int_equal(launcher_heal(&copies, &e), -EBADMSG);
	/* Nothing is there that could be lost. */
	assert_int_equal(install(4), 0);
	assert_true(version_of(0) == 4 && version_of(1) == 4);
}

/* One copy is of another version, as where an installation was cut in between. */
static void
leave_between(uint8_t newer)
{
	static uint8_t old[1 << 20];
	uint8_t older = newer ^ 1;
	size_t size = (size_t)sim.device[older].block.size;

	assert_true(size <= sizeof(old));
	leave_factory();
	memcpy(old, sim.device[older].medium, size);
	assert_int_equal(install(4), 0);
	memcpy(sim.device[older].medium, old, size);
	sim_power_on(&sim);
	assert_true(version_of(newer) == 4 && version_of(older) == 2);
}

static void
test_launcher_newer_copy_is_the_one_to_heal_from(void **state)
{
	(void)state;
	for (uint8_t newer = 0; newer < LAUNCHER_COPIES; newer++) {
		leave_between(newer);
		assert_int_equal(launcher_heal(&copies, &e), 1);
		assert_true(version_of(0) == 4 && version_of(1) == 4);
	}
}

static int
write_nothing(struct block *block, uint64_t at, const void *data, size_t size)
{
	(void)block;
	(void)at;
	(void)data;
	(void)size;
	return -EIO;
}

/* The firmware's first choice is the new one already: only the second is written. */
static void
test_launcher_copy_that_has_it_is_not_written(void **state)
{
	int (*write)(struct block *, uint64_t, const void *, size_t) =
		copies.slot[0]->write;

	(void)state;
	leave_between(0);
	copies.slot[0]->write = write_nothing;
	assert_int_equal(install(4), 0);
	copies.slot[0]->write = write;
	assert_true(version_of(0) == 4 && version_of(1) == 4);
}

/* What a damaged copy says of itself keeps nothing out. */
static void
test_launcher_damaged_copy_has_no_version(void **state)
{
	(void)state;
	leave_between(1);
	sim.device[1].medium[5000] ^= 1;
	sim_power_on(&sim);
	assert_int_equal(install(3), 0);
	assert_true(version_of(0) == 3 && version_of(1) == 3);
}

static void
check_starts(uint64_t tick, uint64_t again, uint64_t seed)
{
	uint64_t version = starts();

	if (version != 2 && version != 4)
		fail_msg("cut at %llu and %llu, seed %llu: nothing starts",
			(unsigned long long)tick, (unsigned long long)again,
			(unsigned long long)seed);
}

/* Cut, cut again while that is mended, then the same installation: it ends as ever. */
static void
cut_twice(uint64_t tick, uint64_t again, uint64_t seed)
{
	leave_factory();
	sim_cut(&sim, tick, seed);
	install(4);
	sim_power_on(&sim);
	check_starts(tick, again, seed);
	sim_cut(&sim, again, seed + 1);
	if (seed % 2 == 0)
		launcher_heal(&copies, &e);
	else
		install(4);
	sim_power_on(&sim);
	check_starts(tick, again, seed);
	assert_true(launcher_heal(&copies, &e) >= 0);
	assert_int_equal(install(4), 0);
	assert_true(version_of(0) == 4 && version_of(1) == 4);
}

static void
test_launcher_cuts_everywhere_leave_one_that_starts(void **state)
{
	uint64_t ticks, random = 1;
	unsigned cuts = 0;

	(void)state;
	leave_factory();
	assert_int_equal(install(4), 0);
	ticks = sim.tick;
	assert_true(ticks > 100);
	for (uint64_t tick = 0; tick < ticks; tick++)
		for (unsigned i = 0; i < SEEDS; i++, cuts++)
			cut_twice(tick, next_random(&random) % ticks,
				next_random(&random) % 1000000);
	print_message("# %u cut points of a launcher's replacement, each with a second "
		      "one\n",
		cuts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_launcher_replaces_both_copies),
		cmocka_unit_test(test_launcher_refuses_what_is_older_expired_or_changed),
		cmocka_unit_test(test_launcher_a_bad_image_leaves_two_whole_copies),
		cmocka_unit_test(test_launcher_heals_from_the_other_copy),
		cmocka_unit_test(test_launcher_newer_copy_is_the_one_to_heal_from),
		cmocka_unit_test(test_launcher_copy_that_has_it_is_not_written),
		cmocka_unit_test(test_launcher_damaged_copy_has_no_version),
		cmocka_unit_test(test_launcher_cuts_everywhere_leave_one_that_starts),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
