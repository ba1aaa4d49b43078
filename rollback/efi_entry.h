/* SPDX-License-Identifier: ISC */
#ifndef ROLLBACK_EFI_ENTRY_H
#define ROLLBACK_EFI_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/gpt.h"

/*
 * The firmware's boot entries and their order, as bytes; no system calls. A boot entry is
 * an EFI_LOAD_OPTION (UEFI 2.10, 3.1.3) with a device path (10.3) that ends in a hard
 * drive's partition (10.3.5.1) and a file on it (10.3.5.4). All is little-endian, text is
 * UCS-2.
 */
#define EFI_ENTRY_MAX	 1024 /* bytes of an entry of ours; longer ones are foreign */
#define EFI_ENTRY_TEXT	 64 /* with the NUL; longer ones are foreign, too */
#define EFI_ORDER_MAX	 256 /* entries in an order */
#define EFI_ENTRY_ACTIVE 1u /* LOAD_OPTION_ACTIVE */

struct efi_entry {
	uint32_t attributes;
	char description[EFI_ENTRY_TEXT]; /* ASCII */
	struct gpt_partition partition;
	char file[EFI_ENTRY_TEXT]; /* such as "\\ingot.efi" */
};

/* A whole entry, with which the medium's bytes end: true; false for anything but a file
 * on a GPT partition under an ASCII name, and for bytes that are no entry. */
bool efi_entry_parse(struct efi_entry *entry, const uint8_t *data, size_t size);

/* Writes one; its size, 0 if it does not fit into the room. */
size_t efi_entry_pack(const struct efi_entry *entry, uint8_t *data, size_t room);

struct efi_order {
	uint16_t number[EFI_ORDER_MAX];
	size_t count;
};

/* BootOrder's or BootNext's bytes; false if they are none, or too many. */
bool efi_order_parse(struct efi_order *order, const uint8_t *data, size_t size);

/* 2 * count bytes. */
size_t efi_order_pack(const struct efi_order *order, uint8_t data[2 * EFI_ORDER_MAX]);

/*
 * Puts the entries `first` at the head, in that order, and takes out of the rest all of
 * `ours`; the firmware's own stay, in their order. Where there is no room the last are
 * lost.
 */
void efi_order_move(struct efi_order *order, const struct efi_order *first,
	const struct efi_order *ours);

#endif
