/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "rollback/efi_entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_entry(const uint8_t *data, size_t size)
{
	uint8_t bytes[EFI_ENTRY_MAX];
	struct efi_entry entry, again;
	size_t packed;

	if (!efi_entry_parse(&entry, data, size))
		return;
	packed = efi_entry_pack(&entry, bytes, sizeof(bytes));
	if (packed == 0 || packed > size || !efi_entry_parse(&again, bytes, packed) ||
		memcmp(&entry, &again, sizeof(entry)) != 0)
		abort();
}

static void
check_order(const uint8_t *data, size_t size)
{
	struct efi_order order, first = {.number = {3, 1}, .count = 2}, ours = first;
	uint8_t bytes[2 * EFI_ORDER_MAX];

	if (!efi_order_parse(&order, data, size))
		return;
	if (efi_order_pack(&order, bytes) != size || memcmp(bytes, data, size) != 0)
		abort();
	efi_order_move(&order, &first, &ours);
	if (order.count < 2 || order.count > EFI_ORDER_MAX || order.number[0] != 3 ||
		order.number[1] != 1)
		abort();
	for (size_t i = 2; i < order.count; i++)
		if (order.number[i] == 3 || order.number[i] == 1)
			abort();
}

/* What is taken for a boot entry or an order makes sense, and is written as it was read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_entry(data, size);
	check_order(data, size);
	return 0;
}
