/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_EFI_H
#define ROLLBACK_EFI_H

#include "device.h"
#include "efi_entry.h"
#include "efi_vars.h"

#define EFI_FILE "\\ingot.efi" /* in a slot's file system */

/*
 * The firmware's boot entries follow the state of the slots: "Ingot a" and "Ingot b" are
 * there; in BootOrder the default comes first, then the other slot if it is GOOD, then
 * what is not ours. A cold trial that is due is recorded as an attempt, durably, before
 * BootNext, which the firmware forgets as it obeys, names its slot.
 *
 * The firmware's default is a slot that is GOOD in the state that is durable, wherever the
 * power is cut: before a step that takes a slot out of GOOD the order goes to the other one,
 * after a step that makes one GOOD the order goes there. An attempt waits as long as
 * BootNext names its slot: then it has not begun, and nothing is proved.
 */
struct efi {
	struct boot boot; /* the first member */
	struct efi_vars *vars;
	struct gpt_partition partition[SLOT_COUNT];
	uint16_t number[SLOT_COUNT]; /* of our entries, once they were found */
};

/* The partitions of the slots must have been filled in. */
void efi_init(struct efi *efi, struct efi_vars *vars);

#endif
