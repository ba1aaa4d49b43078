/* SPDX-License-Identifier: ISC */
/* The firmware's boot entries follow the slots, through power cuts. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/error.h"
#include "rollback/efi.h"
#include "rollback/keep.h"
#include "tests/fault/walk.h"

#define VARIABLES 16
#define NEVER	  UINT64_MAX

/* Firmware: its variables, and what it starts. */
struct firmware {
	struct efi_vars vars; /* the first member */
	struct sim *sim;
	struct {
		char name[12];
		uint8_t data[EFI_ENTRY_MAX];
		size_t size;
		bool there;
	} variable[VARIABLES];
	uint64_t writes, cut_at; /* the power fails before this write */
};

static struct firmware firmware;
static struct walk walk;
static struct efi efi;
static struct error e;

static size_t
find(const char *name)
{
	size_t i = 0;

	while (i < VARIABLES && (!firmware.variable[i].there ||
					strcmp(firmware.variable[i].name, name) != 0))
		i++;
	return i;
}

static int
get(struct efi_vars *vars, const char *name, void *data, size_t room, size_t *size)
{
	size_t i = find(name);

	(void)vars;
	if (i == VARIABLES)
		return -ENOENT;
	if (firmware.variable[i].size > room)
		return -EFBIG;
	*size = firmware.variable[i].size;
	memcpy(data, firmware.variable[i].data, *size);
	return 0;
}

static int
may_write(void)
{
	if (firmware.sim && firmware.writes++ == firmware.cut_at)
		firmware.sim->dead = true;
	return firmware.sim && firmware.sim->dead ? -EIO : 0;
}

static int
put(struct efi_vars *vars, const char *name, const void *data, size_t size)
{
	size_t i = find(name);
	int r = may_write();

	(void)vars;
	if (r < 0)
		return r;
	/* What it names is on record before it is started. */
	if (strcmp(name, "BootNext") == 0)
		assert_true(walk.device.state.slots
				    .slot[slot_trying(&walk.device.state.slots)]
				    .jumped);
	if (i == VARIABLES)
		for (i = 0; firmware.variable[i].there; i++)
			assert_true(i + 1 < VARIABLES);
	firmware.variable[i].there = true;
	snprintf(
		firmware.variable[i].name, sizeof(firmware.variable[i].name), "%s", name);
	memcpy(firmware.variable[i].data, data, size);
	firmware.variable[i].size = size;
	return 0;
}

static int
drop(struct efi_vars *vars, const char *name)
{
	size_t i = find(name);
	int r = may_write();

	(void)vars;
	if (r == 0 && i < VARIABLES)
		firmware.variable[i].there = false;
	return r;
}

static int
list(struct efi_vars *vars, uint8_t used[EFI_NUMBERS / 8])
{
	(void)vars;
	memset(used, 0, EFI_NUMBERS / 8);
	for (size_t i = 0; i < VARIABLES; i++) {
		unsigned number;

		if (firmware.variable[i].there &&
			sscanf(firmware.variable[i].name, "Boot%4X", &number) == 1)
			used[number / 8] |= (uint8_t)(1u << number % 8);
	}
	return 0;
}

/* The slot that an entry starts, SLOT_NONE for a foreign one. */
static uint8_t
entry_slot(uint16_t number)
{
	struct efi_entry entry;
	char name[9];
	size_t i;

	efi_vars_boot_name(number, name);
	i = find(name);
	if (i == VARIABLES || !efi_entry_parse(&entry, firmware.variable[i].data,
				      firmware.variable[i].size))
		return SLOT_NONE;
	assert_string_equal(entry.file, EFI_FILE);
	assert_int_equal(entry.attributes, EFI_ENTRY_ACTIVE);
	for (uint8_t slot = 0; slot < SLOT_COUNT; slot++)
		if (memcmp(entry.partition.guid, efi.partition[slot].guid, GPT_GUID) == 0)
			return slot;
	return SLOT_NONE;
}

static struct efi_order
order_of(const char *variable)
{
	struct efi_order order = {.count = 0};
	size_t i = find(variable);

	if (i < VARIABLES)
		assert_true(efi_order_parse(
			&order, firmware.variable[i].data, firmware.variable[i].size));
	return order;
}

/* The slot that the firmware would start without a trial. */
static uint8_t
standard(void)
{
	struct efi_order order = order_of("BootOrder");

	for (size_t i = 0; i < order.count; i++)
		if (entry_slot(order.number[i]) != SLOT_NONE)
			return entry_slot(order.number[i]);
	return SLOT_NONE;
}

static void
runs(uint8_t slot)
{
	walk.running = slot;
	memcpy(walk.device.content, walk.device.state.slots.slot[slot].image.content,
		SLOT_HASH);
}

/* A reset: BootNext once, else the order. */
static void
start(void)
{
	struct efi_order next = order_of("BootNext");
	size_t i = find("BootNext");

	if (i < VARIABLES)
		firmware.variable[i].there = false;
	runs(next.count == 1 ? entry_slot(next.number[0]) : standard());
}

static int
step(struct slot_input input)
{
	return device_step(&walk.device, &input, &e);
}

static void
make_device(void)
{
	uint8_t foreign[] = {1, 0, 0, 0, 4, 0, 'U', 0, 'I', 0, 0, 0, 0x7f, 0xff, 4, 0};
	uint8_t order[] = {0, 0};

	memset(&firmware, 0, sizeof(firmware));
	firmware.vars = (struct efi_vars){
		.name = "firmware", .get = get, .put = put, .drop = drop, .list = list};
	put(&firmware.vars, "Boot0000", foreign, sizeof(foreign));
	put(&firmware.vars, "BootOrder", order, sizeof(order));
	walk_init(&walk);
	memset(&efi, 0, sizeof(efi));
	for (uint8_t i = 0; i < SLOT_COUNT; i++) {
		efi.partition[i] = (struct gpt_partition){
			.number = i + 1u, .first = 2048 * (i + 1u), .blocks = 2048};
		memset(efi.partition[i].guid, 0xa0 + i, GPT_GUID);
	}
	efi_init(&efi, &firmware.vars);
	walk.device.boot = &efi.boot;
	assert_int_equal(device_follow(&walk.device, &e), 0);
	firmware.sim = &walk.sim;
	firmware.cut_at = NEVER;
	firmware.writes = 0;
}

/*
 * One action of whoever keeps the device: v2 confirmed by kexec and a cold start, v3 bad by
 * a cold start, v4 confirmed. False once there is nothing left to do.
 */
static bool
act(void)
{
	struct slots *slots = &walk.device.state.slots;
	uint8_t t = slot_trying(slots), other = walk.running ^ 1;
	bool bad = slot_is_refused(slots, walk.update[2].release.hash);
	uint64_t have = slots->slot[walk.running].image.version;
	uint64_t want = have == 1 ? 2 : bad ? 4 : 3;
	const char *why;
	enum confirm_result result;

	if (t == SLOT_NONE && have == 4 && slots->chosen == walk.running)
		return false;
	if (t != SLOT_NONE && order_of("BootNext").count == 1) {
		/* Not before it began. */
		if (t == walk.running)
			assert_int_not_equal(confirm_run(&walk.device, &result, &e), 0);
		start();
	} else if (t != SLOT_NONE && t == walk.running &&
		   slots->slot[t].image.version != 3) {
		confirm_run(&walk.device, &result, &e);
	} else if (t != SLOT_NONE && t == walk.running) {
		start(); /* v3 panics */
		step((struct slot_input){.event = SLOT_BACK,
			.slot = t,
			.running = walk.running,
			.evidence = true});
	} else if (t != SLOT_NONE && slots->slot[t].way == TRIAL_COLD) {
		device_follow(&walk.device, &e);
	} else if (t != SLOT_NONE) {
		if (step((struct slot_input){.event = SLOT_JUMP, .slot = t}) == 0)
			runs(t);
	} else if (slots->slot[other].state == SLOT_STAGED &&
		   slots->slot[other].image.version == want) {
		step((struct slot_input){.event = SLOT_ARM,
			.slot = other,
			.ways = want == 3 ? TRIAL_COLD : TRIAL_KEXEC | TRIAL_COLD,
			.guarded = true,
			.again = true});
	} else {
		walk_install(&walk, want, &why);
	}
	return true;
}

/* After a power cut: what the medium has, a start, a verdict. */
static void
come_back(void)
{
	struct slots *slots = &walk.device.state.slots;
	struct efi_order order;
	uint8_t t;

	sim_power_on(&walk.sim);
	firmware.cut_at = NEVER;
	assert_int_equal(device_open(&walk.device, &walk.sim.device[SLOT_COUNT].block,
				 WALK_UNIT, 2, &e),
		0);
	assert_false(walk.device.lost);
	assert_int_not_equal(standard(), SLOT_NONE);
	order = order_of("BootOrder");
	for (size_t i = 0; i < order.count; i++)
		if (entry_slot(order.number[i]) != SLOT_NONE)
			assert_int_equal(slots->slot[entry_slot(order.number[i])].state,
				SLOT_GOOD);
	start();
	t = slot_trying(slots);
	if (t != SLOT_NONE && slots->slot[t].jumped && t != walk.running)
		step((struct slot_input){
			.event = SLOT_BACK, .slot = t, .running = walk.running});
}

/* To the end, whatever happened; what is left then. */
static void
finish(void)
{
	struct efi_order order;
	unsigned steps = 0;

	while (act()) {
		if (walk.sim.dead)
			come_back();
		assert_true(++steps < 200);
	}
	assert_int_equal(device_follow(&walk.device, &e), 0);
	order = order_of("BootOrder");
	assert_int_equal(order.count, 3);
	assert_int_equal(entry_slot(order.number[0]), walk.running);
	assert_int_equal(entry_slot(order.number[1]), walk.running ^ 1);
	assert_int_equal(order.number[2], 0);
	assert_int_equal(order_of("BootNext").count, 0);
}

static void
test_efi_a_cut_before_each_write_leaves_a_confirmed_default(void **state)
{
	uint64_t writes;

	(void)state;
	make_device();
	finish();
	writes = firmware.writes;
	walk_free(&walk);
	/* Entries aside: v2's trial and order, v3's and v4's installs, trials and order. */
	assert_true(writes >= 5);
	for (uint64_t i = 0; i < writes; i++)
		for (uint64_t second = 0; second < 3; second++) {
			make_device();
			firmware.cut_at = i;
			while (!walk.sim.dead && act())
				;
			assert_true(walk.sim.dead);
			come_back();
			firmware.cut_at = firmware.writes + second;
			finish();
			walk_free(&walk);
		}
}

static void
test_efi_a_cut_at_any_sector_leaves_a_confirmed_default(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 60; i++) {
		make_device();
		sim_cut(&walk.sim, walk.sim.tick + 1 + i * 31, i + 1);
		finish();
		walk_free(&walk);
	}
}

/* Versions 1 and 2 are confirmed, 2 runs, and a person wants 1 from the next start on. */
static void
make_reverted_device(void)
{
	make_device();
	while (walk.device.state.slots.chosen != 1)
		assert_true(act());
	assert_int_equal(
		step((struct slot_input){.event = SLOT_REVERT, .running = 1}), 0);
	assert_int_equal(standard(), 0);
}

/* The default is written over, or found lost; the power fails before each write of the
 * firmware's, and behind them. */
static void
test_efi_the_default_is_left_before_it_is_gone(void **state)
{
	const char *why;

	(void)state;
	for (uint64_t cut = 0; cut < 4; cut++)
		for (int lost = 0; lost < 2; lost++) {
			make_reverted_device();
			firmware.cut_at = firmware.writes + cut;
			if (lost)
				step((struct slot_input){.event = SLOT_LOST, .slot = 0});
			else
				walk_install(&walk, 3, &why);
			assert_true(walk.sim.dead || cut > 0);
			come_back();
			assert_int_equal(device_follow(&walk.device, &e),
				walk.sim.dead ? -EIO : 0);
			assert_int_equal(standard(), walk.device.state.slots.chosen);
			walk_free(&walk);
		}
}

static void
test_efi_an_attempt_that_waits_is_left_alone(void **state)
{
	uint64_t writes;
	const char *why;

	(void)state;
	make_device();
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	assert_int_equal(step((struct slot_input){.event = SLOT_ARM,
				 .slot = 1,
				 .ways = TRIAL_COLD,
				 .guarded = true}),
		0);
	writes = firmware.writes;
	assert_int_equal(device_follow(&walk.device, &e), 0);
	assert_int_equal(entry_slot(order_of("BootNext").number[0]), 1);
	assert_true(firmware.writes == writes);
	walk_free(&walk);
}

static void
test_efi_an_order_that_is_too_long_stays(void **state)
{
	size_t i;

	(void)state;
	make_device();
	i = find("BootOrder");
	firmware.variable[i].size = (size_t)2 * EFI_ORDER_MAX + 2;
	assert_int_equal(device_follow(&walk.device, &e), -EIO);
	assert_string_equal(
		e.text, "firmware: cannot take over BootOrder: File too large");
	assert_true(firmware.variable[i].size == (size_t)2 * EFI_ORDER_MAX + 2);
	walk_free(&walk);
}

static void
test_efi_lost_entries_come_back(void **state)
{
	struct repair repair = {.device = &walk.device};
	struct efi_order order;

	(void)state;
	make_device();
	for (size_t i = 0; i < VARIABLES; i++)
		firmware.variable[i].there = false;
	assert_int_equal(repair_run(&repair, &e), 0);
	assert_int_equal(repair.done, 1);
	order = order_of("BootOrder");
	assert_int_equal(order.count, 1);
	assert_int_equal(entry_slot(order.number[0]), 0);
	assert_int_equal(repair_run(&repair, &e), 0);
	assert_int_equal(repair.done, 1);
	/* Another disk: the entries keep their numbers. */
	memset(efi.partition[0].guid, 0x33, GPT_GUID);
	assert_int_equal(repair_run(&repair, &e), 0);
	assert_int_equal(repair.done, 2);
	assert_int_equal(order_of("BootOrder").number[0], order.number[0]);
	assert_int_equal(standard(), 0);
	walk_free(&walk);
}

static void
test_efi_a_trial_taken_back_is_not_started(void **state)
{
	const char *why;

	(void)state;
	make_device();
	assert_int_equal(walk_install(&walk, 2, &why), 0);
	assert_int_equal(step((struct slot_input){.event = SLOT_ARM,
				 .slot = 1,
				 .ways = TRIAL_COLD,
				 .guarded = true}),
		0);
	assert_int_equal(order_of("BootNext").count, 1);
	assert_int_equal(entry_slot(order_of("BootNext").number[0]), 1);
	assert_int_equal(
		step((struct slot_input){.event = SLOT_REVERT, .slot = 1, .running = 0}),
		0);
	assert_int_equal(order_of("BootNext").count, 0);
	walk_free(&walk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_efi_lost_entries_come_back),
		cmocka_unit_test(test_efi_a_trial_taken_back_is_not_started),
		cmocka_unit_test(test_efi_the_default_is_left_before_it_is_gone),
		cmocka_unit_test(test_efi_an_attempt_that_waits_is_left_alone),
		cmocka_unit_test(test_efi_an_order_that_is_too_long_stays),
		cmocka_unit_test(
			test_efi_a_cut_before_each_write_leaves_a_confirmed_default),
		cmocka_unit_test(test_efi_a_cut_at_any_sector_leaves_a_confirmed_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
