/* SPDX-License-Identifier: ISC */
#include "efi.h"

#include <errno.h>
#include <string.h>

#include "lib/error.h"

#define ORDER_BYTES ((size_t)2 * EFI_ORDER_MAX)

/* The device's failure, whatever the firmware calls it. */
static int
fail(const struct efi *efi, const char *what, const char *variable, int r,
	struct error *e)
{
	return error_set(e, EIO, "%s: cannot %s %s: %s", efi->vars->name, what, variable,
		strerror(-r));
}

/* Writes what is not there already: the firmware's flash wears. */
static int
put(struct efi *efi, const char *variable, const void *data, size_t size, struct error *e)
{
	uint8_t now[EFI_ENTRY_MAX];
	size_t have;
	int r = efi->vars->get(efi->vars, variable, now, sizeof(now), &have);

	if (r == 0 && have == size && memcmp(now, data, size) == 0)
		return 0;
	r = efi->vars->put(efi->vars, variable, data, size);
	if (r < 0)
		return fail(efi, "write", variable, r, e);
	efi->boot.told++;
	return 0;
}

/* None is an empty one. Of what cannot be understood nothing is kept. */
static int
get_order(struct efi *efi, const char *variable, struct efi_order *order, struct error *e)
{
	uint8_t data[ORDER_BYTES];
	size_t size = 0;
	int r = efi->vars->get(efi->vars, variable, data, sizeof(data), &size);

	order->count = 0;
	if (r == -ENOENT)
		return 0;
	if (r == -EFBIG)
		return fail(efi, "take over", variable, r, e);
	if (r < 0)
		return fail(efi, "read", variable, r, e);
	if (!efi_order_parse(order, data, size))
		order->count = 0;
	return 0;
}

static struct efi_entry
make_entry(const struct efi *efi, uint8_t slot)
{
	struct efi_entry entry = {.attributes = EFI_ENTRY_ACTIVE,
		.description = "Ingot a",
		.partition = efi->partition[slot],
		.file = EFI_FILE};

	entry.description[6] = device_letter(slot);
	return entry;
}

/* Its number: by what it is called or, if it was renamed, by what it starts. */
static bool
is_slot_entry(const struct efi *efi, const struct efi_entry *entry, uint8_t slot)
{
	struct efi_entry want = make_entry(efi, slot);

	return strcmp(entry->description, want.description) == 0 ||
	       (memcmp(entry->partition.guid, want.partition.guid, GPT_GUID) == 0 &&
		       strcmp(entry->file, want.file) == 0);
}

/* Fills in the numbers of our entries; EFI_NUMBERS where there is none. What else looks
 * like one of ours is listed, too, so that it leaves the order. */
static int
find_entries(struct efi *efi, uint32_t number[SLOT_COUNT], struct efi_order *ours,
	uint8_t used[EFI_NUMBERS / 8], struct error *e)
{
	uint8_t data[EFI_ENTRY_MAX];
	struct efi_entry entry;
	size_t size;
	int r = efi->vars->list(efi->vars, used);

	if (r < 0)
		return fail(efi, "list", "the boot entries", r, e);
	for (uint8_t slot = 0; slot < SLOT_COUNT; slot++)
		number[slot] = EFI_NUMBERS;
	ours->count = 0;
	for (uint32_t i = 0; i < EFI_NUMBERS; i++) {
		char name[9];

		if (!(used[i / 8] & 1u << i % 8))
			continue;
		efi_vars_boot_name((uint16_t)i, name);
		if (efi->vars->get(efi->vars, name, data, sizeof(data), &size) < 0 ||
			!efi_entry_parse(&entry, data, size))
			continue;
		for (uint8_t slot = 0; slot < SLOT_COUNT; slot++) {
			if (!is_slot_entry(efi, &entry, slot))
				continue;
			if (number[slot] == EFI_NUMBERS)
				number[slot] = i;
			if (ours->count < EFI_ORDER_MAX)
				ours->number[ours->count++] = (uint16_t)i;
			break;
		}
	}
	return 0;
}

/* Our entries are there and name our partitions. */
static int
ensure_entries(struct efi *efi, struct efi_order *ours, struct error *e)
{
	static uint8_t used[EFI_NUMBERS / 8];
	uint32_t number[SLOT_COUNT], fresh = 0;
	int r = find_entries(efi, number, ours, used, e);

	for (uint8_t slot = 0; r == 0 && slot < SLOT_COUNT; slot++) {
		struct efi_entry entry = make_entry(efi, slot);
		uint8_t data[EFI_ENTRY_MAX];
		size_t size = efi_entry_pack(&entry, data, sizeof(data));
		char name[9];

		if (number[slot] == EFI_NUMBERS) {
			while (fresh < EFI_NUMBERS && (used[fresh / 8] & 1u << fresh % 8))
				fresh++;
			if (fresh == EFI_NUMBERS)
				return fail(efi, "add", "a boot entry", -ENOSPC, e);
			used[fresh / 8] |= (uint8_t)(1u << fresh % 8);
			number[slot] = fresh;
			if (ours->count < EFI_ORDER_MAX)
				ours->number[ours->count++] = (uint16_t)fresh;
		}
		efi->number[slot] = (uint16_t)number[slot];
		efi_vars_boot_name(efi->number[slot], name);
		r = put(efi, name, data, size, e);
	}
	return r;
}

static int
set_order(struct efi *efi, const struct slots *slots, const struct efi_order *ours,
	struct error *e)
{
	struct efi_order order, first = {.count = 0};
	uint8_t data[ORDER_BYTES];
	int r = get_order(efi, "BootOrder", &order, e);

	if (r < 0 || slots->chosen == SLOT_NONE)
		return r;
	first.number[first.count++] = efi->number[slots->chosen];
	if (slots->slot[slots->chosen ^ 1].state == SLOT_GOOD)
		first.number[first.count++] = efi->number[slots->chosen ^ 1];
	efi_order_move(&order, &first, ours);
	return put(efi, "BootOrder", data, efi_order_pack(&order, data), e);
}

/* The entry of ours that BootNext names, EFI_NUMBERS if it names none; or -errno. */
static long
get_next(struct efi *efi, const struct efi_order *ours, struct error *e)
{
	struct efi_order next;
	int r = get_order(efi, "BootNext", &next, e);

	if (r < 0)
		return r;
	for (size_t i = 0; next.count == 1 && i < ours->count; i++)
		if (ours->number[i] == next.number[0])
			return next.number[0];
	return EFI_NUMBERS;
}

/* No trial is open: what names one of ours is a trial's that was taken back. */
static int
clear_next(struct efi *efi, const struct efi_order *ours, struct error *e)
{
	long next = get_next(efi, ours, e);
	int r;

	if (next < 0 || next == EFI_NUMBERS)
		return next < 0 ? (int)next : 0;
	r = efi->vars->drop(efi->vars, "BootNext");
	efi->boot.told++;
	return r < 0 ? fail(efi, "drop", "BootNext", r, e) : 0;
}

static int
set_next(struct efi *efi, struct device *device, uint8_t slot, struct error *e)
{
	struct slot_input jump = {.event = SLOT_JUMP, .slot = slot};
	struct efi_order next = {.number = {efi->number[slot]}, .count = 1};
	uint8_t data[ORDER_BYTES];
	int r = device_record(device, &jump, e);

	return r < 0 ? r : put(efi, "BootNext", data, efi_order_pack(&next, data), e);
}

static int
follow(struct boot *boot, struct device *device, struct error *e)
{
	struct efi *efi = (struct efi *)boot;
	struct slots *slots = &device->state.slots;
	uint8_t trying = slot_trying(slots);
	const struct slot *slot = trying == SLOT_NONE ? NULL : &slots->slot[trying];
	struct efi_order ours;
	int r = ensure_entries(efi, &ours, e);

	if (r == 0)
		r = set_order(efi, slots, &ours, e);
	if (r < 0)
		return r;
	if (slot && slot->way == TRIAL_COLD && !slot->jumped)
		return set_next(efi, device, trying, e);
	/* Of an attempt under way BootNext is the firmware's to forget. */
	if (slot && slot->way == TRIAL_COLD)
		return 0;
	return clear_next(efi, &ours, e);
}

static int
lead(struct boot *boot, struct device *device, const struct slots *next, struct error *e)
{
	struct efi *efi = (struct efi *)boot;
	struct slots both = device->state.slots;
	uint8_t chosen = next->chosen;
	struct efi_order ours;
	int r;

	for (uint8_t i = 0; i < SLOT_COUNT; i++)
		if (next->slot[i].state != SLOT_GOOD)
			both.slot[i].state = SLOT_EMPTY;
	/* What becomes GOOD by the step takes nothing from the order. */
	if (chosen == SLOT_NONE || both.slot[chosen].state != SLOT_GOOD)
		return 0;
	both.chosen = chosen;
	r = ensure_entries(efi, &ours, e);
	return r < 0 ? r : set_order(efi, &both, &ours, e);
}

static int
waits(struct boot *boot, struct device *device, struct error *e)
{
	struct efi *efi = (struct efi *)boot;
	uint8_t trying = slot_trying(&device->state.slots);
	struct efi_order ours;
	long next;
	int r;

	if (trying == SLOT_NONE || device->state.slots.slot[trying].way != TRIAL_COLD)
		return 0;
	r = ensure_entries(efi, &ours, e);
	if (r < 0)
		return r;
	next = get_next(efi, &ours, e);
	return next < 0 ? (int)next : next == efi->number[trying];
}

void
efi_init(struct efi *efi, struct efi_vars *vars)
{
	efi->boot = (struct boot){.lead = lead, .follow = follow, .waits = waits};
	efi->vars = vars;
}
