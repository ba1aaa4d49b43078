/* SPDX-License-Identifier: ISC */
/*
 * Power cuts anywhere in the life of a device: install, arm, try, confirm, revert, repair,
 * by the code that the device runs, over media that tear, lose and reorder what was not
 * flushed. CUTS says how many (1,000), SEED which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "slots.h"
#include "tests/fault/walk.h"

#define STEPS 400 /* more than any walk takes */

static struct walk walk;
static struct sim factory;
static struct device device; /* as it left the factory */
static uint64_t ticks; /* of an undisturbed walk */
static unsigned long first, second; /* cuts that hit */

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void
leave_factory(void)
{
	sim_copy(&walk.sim, &factory);
	walk.device = device;
	walk.goal = 0;
	walk.floor = walk.told = 0;
	walk.boots = walk.steps = 0;
	for (size_t i = 0; i < WALK_IMAGES; i++)
		walk.refused[i] = false;
}

static void
boot_or_fail(uint64_t cut, uint64_t seed)
{
	const char *wrong = walk_boot(&walk, false);

	if (wrong)
		fail_msg("cut %llu, seed %llu, goal %u: %s", (unsigned long long)cut,
			(unsigned long long)seed, walk.goal, wrong);
}

static int
set_up(void **state)
{
	(void)state;
	walk_init(&walk);
	sim_init(&factory);
	for (unsigned i = 0; i < walk.sim.devices; i++)
		sim_add(&factory, "", walk.sim.device[i].block.size);
	sim_copy(&factory, &walk.sim);
	device = walk.device;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	walk_free(&walk);
	sim_free(&factory);
	return 0;
}

/* Ticks go on over reboots; the sim's begin anew with each power-on. */
static void
test_cuts_undisturbed_walk_reaches_its_end(void **state)
{
	(void)state;
	leave_factory();
	boot_or_fail(0, 0);
	while (walk_step(&walk))
		assert_true(walk.steps < STEPS);
	ticks = walk.sim.tick;
	print_message("# %llu ticks, %u steps, %u boots\n", (unsigned long long)ticks,
		walk.steps, walk.boots);
	assert_true(ticks > 500);
}

/* Cut, boot, cut again in the recovery, boot; then nothing more: the end is the same. */
static void
cut_twice(uint64_t cut, uint64_t seed)
{
	uint64_t random = seed;

	leave_factory();
	sim_cut(&walk.sim, cut, next_random(&random));
	boot_or_fail(cut, seed);
	while (!walk.sim.dead && walk_step(&walk))
		assert_true(walk.steps < STEPS);
	first += walk.sim.dead;
	if (walk.sim.dead) {
		uint64_t again = next_random(&random);

		sim_power_on(&walk.sim);
		/* Near, where recovery is, or far. */
		sim_cut(&walk.sim, again % 4 ? again / 4 % 24 : again / 4 % ticks,
			next_random(&random));
		boot_or_fail(cut, seed);
		for (unsigned i = 0; !walk.sim.dead && i < 40; i++)
			walk_step(&walk);
		second += walk.sim.dead;
	}
	sim_power_on(&walk.sim);
	boot_or_fail(cut, seed);
	while (walk_step(&walk))
		if (walk.steps >= STEPS)
			fail_msg("cut %llu, seed %llu: stuck at goal %u",
				(unsigned long long)cut, (unsigned long long)seed,
				walk.goal);
	sim_power_on(&walk.sim);
	boot_or_fail(cut, seed);
	assert_true(walk.device.state.slots.slot[walk.running].image.version == 2);
}

static void
test_cuts_everywhere_leave_a_device_that_comes_up(void **state)
{
	uint64_t cuts = number("CUTS", 1000), seed = number("SEED", 1), random = seed;

	(void)state;
	for (uint64_t i = 0; i < cuts; i++)
		cut_twice(i % (ticks + 1), next_random(&random));
	print_message("# %llu cut points, each with a second one; seed %llu\n",
		(unsigned long long)cuts, (unsigned long long)seed);
	print_message("# %lu cut, %lu of them twice, %lu installs resumed\n", first,
		second, walk.resumed);
	assert_true(first >= cuts * 9 / 10 && second > cuts / 2 && walk.resumed > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cuts_undisturbed_walk_reaches_its_end),
		cmocka_unit_test(test_cuts_everywhere_leave_a_device_that_comes_up),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
